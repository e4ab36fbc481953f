// The command bar (Ctrl+K): what can be done now, and conversations by
// merchant, code, ticket or what was said.
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from './api';
import { act, open, setSound, setStatus, setTab } from './desk';
import { Icon, type IconName } from './icons';
import { ChannelName, Codes } from './lists';
import { change, desk, HELPERS, hold, offered, tabs, useDesk, type Talk } from './state';
import { language, speak, t, type Key } from './texts';
import { stamp } from './time';
import { isLead, type Hit } from './types';
import { HELPER_NAMES } from './helper';
import { setWriting, showHelper } from './work';

interface Command { id: string; icon: IconName; name: string; keys?: string; run: () => void }

function commands(talk: Talk | null): Command[] {
  const out: Command[] = [];
  const add = (id: string, icon: IconName, name: string, run: () => void, keys?: string): void => { out.push({ id, icon, name, run, keys }); };
  const row = talk?.row;
  const held = row ? hold(row) : null;
  const { me } = desk;
  if (talk && row && !me?.readonly) {
    if (held === 'queue' || held === 'bot' || offered(row)) add('claim', 'take', t('claim'), () => void act(talk, 'claim'), 'C');
    if (held === 'other' && isLead(me)) add('take', 'take', t('take'), () => change({ dialog: 'take' }));
    if (held === 'me') {
      add('transfer', 'transfer', t('transfer'), () => change({ dialog: 'transfer' }), 'T');
      if (row.hold_until) add('resume', 'queue', t('resume'), () => void act(talk, 'resume'));
      else add('hold', 'pause', t('hold'), () => change({ dialog: 'hold' }), 'H');
      add('release', 'bot', t('release'), () => void act(talk, 'release'));
      add('end', 'check', t('end'), () => change({ dialog: 'end' }), 'E');
    }
    add('note', 'pen', t('writeNote'), () => setWriting(talk, true), 'N');
    for (const part of HELPERS) add('help-' + part, 'note', t(HELPER_NAMES[part]), () => showHelper(part));
  }
  for (const tab of tabs()) add('tab-' + tab, 'queue', t('goTo', { name: t(tab) }), () => setTab(tab));
  if (me?.status && !me.readonly) for (const status of ['online', 'busy', 'offline'] as const) {
    if (status !== me.status) add('status-' + status, 'take', t('statusTo', { name: t(status === 'offline' ? 'offlineStatus' : status) }), () => void setStatus(status));
  }
  add('sound', desk.sound ? 'silent' : 'sound', t(desk.sound ? 'soundOn' : 'soundOff'), () => setSound(!desk.sound));
  add('help', 'keyboard', t('shortcuts'), () => change({ dialog: 'help' }), '?');
  add('language', 'talk', t('language'), () => { speak(language() === 'en' ? 'zh-CN' : 'en'); change(); });
  return out;
}

const KINDS: Record<Hit['match']['kind'], Key> = { merchant: 'foundMerchant', code: 'foundCode', ticket: 'foundTicket', text: 'foundText' };

export function Palette({ talk }: { talk: Talk | null }) {
  useDesk();
  const box = useRef<HTMLDialogElement>(null);
  const [q, setQ] = useState('');
  const [at, setAt] = useState(0);
  const [hits, setHits] = useState<Hit[]>([]);
  const [more, setMore] = useState<{ next: string; upto: number } | null>(null);
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle');
  const [error, setError] = useState('');
  const run = useRef(0);
  const words = q.trim();
  const searches = [...words].length >= 2;

  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    const el = box.current!;
    if (!el.open) el.showModal();
    return () => {
      if (el.open) el.close();
      if (from?.isConnected && document.activeElement === document.body) from.focus();
    };
  }, []);

  async function look(after: string): Promise<void> {
    const mine = ++run.current;
    setState('busy');
    try {
      const got = await api.search(words, after);
      if (mine !== run.current) return;
      setHits((old) => (after ? [...old, ...got.hits.filter((it) => !old.some((o) => o.id === it.id))] : got.hits));
      setMore(got.next ? { next: got.next, upto: got.upto } : null);
      setState('idle');
    } catch (problem) {
      if (mine !== run.current) return;
      setState('failed');
      setError(api.sentence(problem));
    }
  }

  useEffect(() => {
    run.current++;
    setHits([]);
    setMore(null);
    setAt(0);
    setState('idle');
    if (!searches) return;
    setState('busy');
    const timer = setTimeout(() => void look(''), 250);
    return () => clearTimeout(timer);
  }, [words]);

  const all = commands(talk).filter((it) => !words || it.name.toLowerCase().includes(words.toLowerCase()));
  const count = all.length + hits.length + (more ? 1 : 0);
  const chosen = Math.min(at, count - 1);

  function close(then?: () => void): void {
    change({ dialog: '' });
    then?.();
  }
  function choose(i: number): void {
    if (i < all.length) close(all[i]!.run);
    else if (i < all.length + hits.length) close(() => open(hits[i - all.length]!.id));
    else if (more) void look(more.next);
  }
  function keys(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const next = count ? (chosen + (event.key === 'ArrowDown' ? 1 : count - 1)) % count : 0;
      setAt(next);
      document.getElementById('do-' + next)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && count) {
      event.preventDefault();
      choose(chosen);
    }
  }
  const option = (i: number) => ({
    id: 'do-' + i, role: 'option' as const, 'aria-selected': i === chosen, onMouseMove: () => { if (at !== i) setAt(i); }, onClick: () => choose(i),
  });
  return (
    <dialog
      ref={box} class="palette" aria-label={t('find')}
      onClose={() => { if (desk.dialog === 'palette') change({ dialog: '' }); }}
      onClick={(e) => { if (e.target === box.current) close(); }}
    >
      <div class="palette-body">
        <div class="palette-field">
          <Icon name="search" />
          <input
            type="text" role="combobox" aria-expanded={count > 0} aria-controls="do" aria-activedescendant={count ? 'do-' + chosen : undefined} aria-autocomplete="list"
            aria-label={t('find')} placeholder={t('findHint')} value={q} autofocus autocomplete="off" spellcheck={false} maxLength={100}
            onInput={(e) => setQ(e.currentTarget.value)} onKeyDown={keys}
          />
          <kbd>Esc</kbd>
        </div>
        <p class="sr" role="status">{state === 'busy' ? t('searching') : searches ? t('foundN', { n: hits.length }) : ''}</p>
        {count > 0 && (
          <div class="palette-list" id="do" role="listbox" aria-label={t('find')} tabIndex={-1}>
            {all.length > 0 && (
              <div role="group" aria-label={t('commands')}>
                <p class="palette-head" aria-hidden="true">{t('commands')}</p>
                {all.map((it, i) => (
                  <div key={it.id} class="palette-row" {...option(i)}><Icon name={it.icon} /><span class="grow">{it.name}</span>{it.keys && <kbd>{it.keys}</kbd>}</div>
                ))}
              </div>
            )}
            {(hits.length > 0 || more) && (
              <div role="group" aria-label={t('conversations')}>
                <p class="palette-head" aria-hidden="true">{t('conversations')}</p>
                {hits.map((it, i) => (
                  <div key={it.id} class="palette-row hit" {...option(all.length + i)}>
                    <span class="grow">
                      <span class="row-line"><bdi class="row-title">{it.title}</bdi><Codes codes={it.codes} /><span class="grow" /><ChannelName channel={it.channel} /></span>
                      <span class="row-line dim">
                        <span class="tag plain">{t(KINDS[it.match.kind])}</span>
                        <span class="clip">{it.match.text ? <Marked text={it.match.text} words={words} /> : it.topic || t('noTopic')}</span>
                        <span class="grow" /><time>{stamp(it.match.at ?? it.since)}</time>
                      </span>
                    </span>
                  </div>
                ))}
                {more && <div class="palette-row" {...option(all.length + hits.length)}><Icon name="down" /><span class="grow">{t('searchOn', { at: stamp(more.upto) })}</span></div>}
              </div>
            )}
          </div>
        )}
        {searches && state === 'idle' && !hits.length && !more && <p class="palette-none">{t('foundNone', { q: words })}</p>}
        {state === 'busy' && <p class="palette-none">{t('searching')}</p>}
        {state === 'failed' && <p class="palette-none red-text" role="alert">{error}</p>}
      </div>
    </dialog>
  );
}

// Marked shows where the words stand.
function Marked({ text, words }: { text: string; words: string }) {
  const at = text.toLowerCase().indexOf(words.toLowerCase());
  return at < 0 ? <bdi>{text}</bdi> : <bdi>{text.slice(0, at)}<mark>{text.slice(at, at + words.length)}</mark>{text.slice(at + words.length)}</bdi>;
}
