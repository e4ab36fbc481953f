// Pictures and voices of merchants. They come when they are scrolled into sight,
// and stay in the page only as long as it shows them.
import { useEffect, useRef, useState } from 'preact/hooks';
import { media, mediaAt, serverNow } from './api';
import { Icon } from './icons';
import { t } from './texts';
import { clock } from './time';
import type { Ev, Media } from './types';

const SOON = 10 * 60_000; // ms in which a file may still be on its way to the server
const AGAIN = [1500, 3000, 6000, 12_000, 24_000];

type Got = { url: string; type: string; size: number };
type State = 'loading' | 'missing' | 'failed' | Got;

export function File({ conv, ev, file }: { conv: string; ev: Ev; file: Media }) {
  const box = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(typeof IntersectionObserver === 'undefined');
  const [state, setState] = useState<State>('loading');
  const [round, setRound] = useState(0);

  useEffect(() => {
    if (near) return;
    const watch = new IntersectionObserver((seen) => { if (seen.some((it) => it.isIntersecting)) setNear(true); }, { rootMargin: '300px' });
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, [near]);

  useEffect(() => {
    if (!near) return;
    let over = false;
    let url = '';
    let timer = 0;
    const get = async (tries: number): Promise<void> => {
      let blob: Blob | null = null;
      let next: State = 'missing';
      try {
        blob = await media(conv, file.id);
      } catch {
        next = 'failed';
      }
      if (over) return;
      if (blob) {
        url = URL.createObjectURL(blob);
        next = { url, type: blob.type, size: blob.size };
      } else if (next === 'missing' && tries < AGAIN.length && serverNow() - ev.ts < SOON) {
        timer = window.setTimeout(() => void get(tries + 1), AGAIN[tries]);
        return;
      }
      setState(next);
    };
    setState('loading');
    void get(0);
    return () => {
      over = true;
      clearTimeout(timer);
      if (url) URL.revokeObjectURL(url);
    };
  }, [near, round, conv, file.id]);

  const picture = file.kind === 'image';
  return (
    <div class={`file ${file.kind}${state === 'loading' ? ' coming' : ''}`} ref={box}>
      {state === 'loading' && <p class="dim" role="status">{t(picture ? 'mediaImageComes' : 'mediaVoiceComes')}</p>}
      {(state === 'missing' || state === 'failed') && (
        <p class="dim">
          <span>{ev.text} {t(state === 'missing' ? 'mediaMissing' : 'mediaFailed')}</span>{' '}
          <button type="button" class="link" onClick={() => setRound(round + 1)}>{t('again')}</button>
        </p>
      )}
      {typeof state === 'object' && (picture && shown(state.type) ? (
        <a href={mediaAt(conv, file.id)} target="_blank" rel="noopener noreferrer" title={t('mediaOpen')}>
          <img src={state.url} alt={t(ev.from === 'user' ? 'mediaImage' : 'mediaOwn', { time: clock(ev.ts) })} onError={() => setState('failed')} />
        </a>
      ) : (
        <a class="file-save" href={state.url} download={nameOf(state.type, ev, file)}>
          <Icon name={picture ? 'down' : 'sound'} />
          <span>{t(picture ? 'mediaSaveImage' : 'mediaSaveVoice', { size: Math.max(1, Math.round(state.size / 1024)) })}</span>
        </a>
      ))}
    </div>
  );
}

// The server shows what it has drawn anew, and has all else saved.
const shown = (type: string): boolean => type === 'image/jpeg' || type === 'image/png';

const ENDS: Record<string, string> = { 'image/webp': '.webp', 'audio/amr': '.amr', 'audio/mpeg': '.mp3' };

const nameOf = (type: string, ev: Ev, file: Media): string => `${file.kind}-${ev.id}${ENDS[type] ?? '.bin'}`;
