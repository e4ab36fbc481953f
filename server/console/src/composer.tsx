// The composer, for the holder only. Ctrl+Enter sends, or Enter by choice; an
// Enter that ends a pinyin composition never does.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { LONGEST, send, setDraft, setEnter } from './desk';
import { Icon } from './icons';
import { Window } from './reach';
import { useDesk, type Talk } from './state';
import { t } from './texts';
import type { Row } from './types';

export function Composer({ talk, row }: { talk: Talk; row: Row }) {
  const { drafts, enterSends, wantComposer } = useDesk();
  const field = useRef<HTMLTextAreaElement>(null);
  const composing = useRef(false);
  const wanted = useRef(0);
  const text = drafts[talk.id] ?? '';
  const over = text.trim().length - LONGEST;

  useLayoutEffect(() => {
    const el = field.current!;
    el.style.height = 'auto';
    el.style.height = Math.min(el.scrollHeight + 2, 200) + 'px';
  }, [text]);

  useEffect(() => {
    if (wantComposer > wanted.current && !matchMedia('(pointer: coarse)').matches) field.current?.focus();
    wanted.current = wantComposer;
  }, [wantComposer]);

  function submit(): void {
    if (!text.trim() || over > 0) return;
    send(talk, text);
    field.current?.focus();
  }

  function key(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229 || composing.current) return;
    const held = event.ctrlKey || event.metaKey;
    if (!held && !(enterSends && !event.shiftKey && !event.altKey)) return;
    event.preventDefault();
    submit();
  }

  return (
    <footer class="composer">
      {talk.reach && <Window reach={talk.reach} />}
      {row.channel === 'terminal' && <p class="composer-note"><Icon name="terminal" />{t('terminalNote')}</p>}
      <div class="composer-box">
        <textarea
          ref={field} id="composer" rows={2} value={text} aria-label={t('write', { title: row.title })} placeholder={t('writeHint')}
          aria-describedby={over > 0 ? 'composer-over' : undefined} aria-invalid={over > 0} dir="auto"
          onInput={(e) => setDraft(talk.id, e.currentTarget.value)}
          onKeyDown={key}
          onCompositionStart={() => { composing.current = true; }}
          onCompositionEnd={() => { setTimeout(() => { composing.current = false; }, 0); }}
        />
        <div class="composer-foot">
          <label class="select">
            <span class="sr">{t('sendBy')}</span>
            <select value={enterSends ? 'enter' : 'ctrl'} onChange={(e) => setEnter(e.currentTarget.value === 'enter')}>
              <option value="ctrl">{t('sendCtrl')}</option>
              <option value="enter">{t('sendEnter')}</option>
            </select>
          </label>
          <span class="grow" />
          {over > 0
            ? <span class="red-text" id="composer-over" role="status">{t('tooLong', { n: over })}</span>
            : text.length >= LONGEST - 200 && <span class="dim">{t('count', { n: text.trim().length })}</span>}
          <button type="button" class="button primary" aria-disabled={!text.trim() || over > 0} onClick={submit}>
            <Icon name="send" /><span>{t('send')}</span>
          </button>
        </div>
      </div>
    </footer>
  );
}
