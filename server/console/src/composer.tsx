// The composer: replies of the holder, with canned ones behind a slash and
// pictures by paste, drop or button; and notes to colleagues, which anybody
// writes. Ctrl+Enter sends, or Enter by choice; an Enter that ends a pinyin
// composition never does.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { LONGEST, send, sendPicture, setDraft, setEnter, typed } from './desk';
import { Icon } from './icons';
import { Window } from './reach';
import { change, desk, useDesk, type Talk } from './state';
import { t } from './texts';
import type { Canned, Named, Row } from './types';
import { addNote, filled, loadCanned, loadColleagues, matching, setWriting } from './work';

const LARGEST = 10 << 20; // bytes of a picture
const PICTURES = 5; // at once

const noteKey = (talk: Talk): string => 'note.' + talk.id;

const field = (): HTMLTextAreaElement | null => document.getElementById('composer') as HTMLTextAreaElement | null;

// Where the caret goes once what was put in stands in the field.
let landing: { key: string; from: number; to: number } | null = null;

// insert puts a text where the caret is; edit selects it, to be written over.
export function insert(talk: Talk, text: string, edit = false): void {
  if (desk.writing[talk.id]) setWriting(talk, false);
  const el = field();
  const now = desk.drafts[talk.id] ?? '';
  const here = el && !el.classList.contains('is-note') ? el : null;
  const at = here?.selectionStart ?? now.length;
  const gap = at > 0 && !/\s$/.test(now.slice(0, at)) && text.includes('\n') ? '\n' : '';
  const from = at + gap.length;
  landing = { key: talk.id, from: edit ? from : from + text.length, to: from + text.length };
  setDraft(talk.id, now.slice(0, at) + gap + text + now.slice(here?.selectionEnd ?? now.length));
}

// Pictures that were dropped anywhere on the chat go to the composer that is there.
let taker: ((files: File[]) => void) | null = null;
export function dropped(from: DataTransfer | null): void {
  if (from) taker?.([...from.files]);
}

interface Shot { file: Blob; url: string }

type Choice = { kind: 'canned'; it: Canned } | { kind: 'who'; it: Named };

export function Composer({ talk, row, may }: { talk: Talk; row: Row; may: boolean }) {
  const { drafts, enterSends, wantComposer, writing, canned, colleagues } = useDesk();
  const note = !may || !!writing[talk.id];
  const place = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const composing = useRef(false);
  const wanted = useRef(0);
  const [shots, setShots] = useState<Shot[]>([]);
  const [caret, setCaret] = useState(0);
  const [shut, setShut] = useState(''); // the word whose choices were put away
  const [at, setAt] = useState(0);
  const key = note ? noteKey(talk) : talk.id;
  const text = drafts[key] ?? '';
  const over = text.trim().length - LONGEST;
  const empty = !text.trim() && (note || !shots.length);

  // What is being chosen: `/` begins a canned reply, `@` in a note a colleague.
  const before = text.slice(0, caret);
  const word = note ? /@([^\s@]{0,20})$/.exec(before) : /(?:^|\s)\/([^\s/]{0,20}(?:\/[^\s/]{0,20})*)$/.exec(before);
  const typedWord = word ? word[1]! : null;
  const choices: Choice[] =
    typedWord === null || shut === before ? []
    : note ? colleagues.filter((it) => it.id !== desk.me?.id && it.name.includes(typedWord)).slice(0, 6).map((it) => ({ kind: 'who', it: { id: it.id, name: it.name } }))
    : matching(canned.data ?? [], typedWord).slice(0, 6).map((it) => ({ kind: 'canned', it }));
  const chosen = Math.min(at, choices.length - 1);

  useEffect(() => {
    if (typedWord === null) return;
    if (note) { if (!colleagues.length) void loadColleagues(); } else void loadCanned();
    setAt(0);
  }, [typedWord, note]);

  useLayoutEffect(() => {
    const el = place.current!;
    el.style.height = 'auto';
    el.style.height = Math.min(el.scrollHeight + 2, 200) + 'px';
  }, [text, note]);

  useLayoutEffect(() => { // each time, and before the next key: what was put in may be what stood there, and what is typed on goes behind it
    const to = landing;
    if (to?.key !== key) return;
    landing = null;
    place.current?.focus();
    place.current?.setSelectionRange(to.from, to.to);
    setCaret(to.from);
  });

  useLayoutEffect(() => { // before anything else is pressed
    if (wantComposer > wanted.current && !matchMedia('(pointer: coarse)').matches) place.current?.focus();
    wanted.current = wantComposer;
  }, [wantComposer]);

  useEffect(() => {
    taker = note ? null : take;
    return () => { taker = null; };
  });
  useEffect(() => () => { typed(talk, false); }, [talk.id, note]);

  function take(list: File[]): void {
    const good = list.filter((it) => it.type.startsWith('image/') && !it.type.includes('svg')); // a drawing is refused by the server
    const small = good.filter((it) => it.size <= LARGEST);
    const room = PICTURES - shots.length;
    if (good.length < list.length) change({ toast: { text: t('pictureKind') } });
    else if (small.length < good.length) change({ toast: { text: t('pictureLarge') } });
    else if (small.length > room) change({ toast: { text: t('pictureMany', { n: PICTURES }) } });
    const more = small.slice(0, Math.max(0, room)).map((file) => ({ file, url: URL.createObjectURL(file) }));
    if (more.length) setShots([...shots, ...more]);
    place.current?.focus();
  }

  function drop(shot: Shot): void {
    URL.revokeObjectURL(shot.url);
    setShots((all) => all.filter((it) => it !== shot));
    place.current?.focus();
  }

  function submit(): void {
    if (empty || over > 0) return;
    if (note) {
      void addNote(talk, text);
      setDraft(key, '');
    } else {
      for (const shot of shots) {
        sendPicture(talk, shot.file);
        URL.revokeObjectURL(shot.url);
      }
      setShots([]);
      if (text.trim()) send(talk, text);
    }
    place.current?.focus();
  }

  function choose(it: Choice): void {
    const start = caret - (typedWord?.length ?? 0) - 1;
    const put = it.kind === 'who' ? `@${it.it.name} ` : filled(it.it.text, talk);
    landing = { key, from: start + put.length, to: start + put.length };
    setDraft(key, text.slice(0, start) + put + text.slice(caret));
  }

  function pressed(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229 || composing.current) return;
    if (choices.length) {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? choices.length - 1 : 0;
      if (step) {
        event.preventDefault();
        return setAt((chosen + step) % choices.length);
      }
      if ((event.key === 'Enter' && !event.ctrlKey && !event.metaKey) || event.key === 'Tab' && !event.shiftKey) {
        event.preventDefault();
        return choose(choices[chosen]!);
      }
      if (event.key === 'Escape') {
        event.preventDefault();
        return setShut(before);
      }
    }
    if (event.key !== 'Enter') return;
    const held = event.ctrlKey || event.metaKey;
    if (!held && !(enterSends && !event.shiftKey && !event.altKey)) return;
    event.preventDefault();
    submit();
  }

  const moved = (): void => { const el = place.current; if (el && el.selectionStart !== caret) setCaret(el.selectionStart); };

  return (
    <footer class={'composer' + (note ? ' noting' : '')}>
      {may && (
        <div class="modes" role="group" aria-label={t('mode')}>
          <button type="button" aria-pressed={!note} onClick={() => setWriting(talk, false)}>{t('modeReply')}</button>
          <button type="button" aria-pressed={note} onClick={() => setWriting(talk, true)}>{t('modeNote')}</button>
          <span class="grow" />
          {note && <span class="inside"><Icon name="eye" />{t('insideOnly')}</span>}
        </div>
      )}
      {!may && (
        <p class="composer-note inside"><Icon name="eye" />{t('insideOnly')}<span class="grow" />
          <button type="button" class="link" onClick={() => setWriting(talk, false)}>{t('noteClose')}</button>
        </p>
      )}
      {!note && talk.reach && <Window reach={talk.reach} />}
      {!note && row.channel === 'terminal' && <p class="composer-note"><Icon name="terminal" />{t('terminalNote')}</p>}
      <div class="composer-box">
        {choices.length > 0 && (
          <ul class="choose" id="choose" role="listbox" aria-label={t(note ? 'colleagues' : 'cannedList')}>
            {choices.map((it, i) => (
              <li
                key={it.it.id} id={'choose-' + i} role="option" aria-selected={i === chosen}
                onMouseDown={(e) => { e.preventDefault(); choose(it); }}
              >
                {it.kind === 'who' ? <strong>{it.it.name}</strong> : <><strong>{it.it.title}</strong> <span class="dim">{it.it.path}</span><span class="dim clip">{filled(it.it.text, talk)}</span></>}
              </li>
            ))}
          </ul>
        )}
        {typedWord !== null && !note && !choices.length && shut !== before && canned.data && <p class="choose none" role="status">{t(canned.data.length ? 'cannedMiss' : 'cannedNone')}</p>}
        {shots.length > 0 && !note && (
          <ul class="shots">
            {shots.map((it, i) => (
              <li key={it.url}>
                <img src={it.url} alt={t('pictureN', { n: i + 1 })} onError={() => { drop(it); change({ toast: { text: t('pictureKind') } }); }} />
                <button type="button" class="icon-button" aria-label={t('pictureDrop', { n: i + 1 })} onClick={() => drop(it)}><Icon name="cross" /></button>
              </li>
            ))}
          </ul>
        )}
        <textarea
          ref={place} id="composer" class={note ? 'is-note' : ''} rows={1} value={text} dir="auto"
          aria-label={note ? t('writeNoteOf', { title: row.title }) : t('write', { title: row.title })} placeholder={t(note ? 'noteHint' : 'writeHint')}
          aria-describedby={over > 0 ? 'composer-over' : undefined} aria-invalid={over > 0} aria-autocomplete="list"
          aria-controls={choices.length ? 'choose' : undefined} aria-activedescendant={choices.length ? 'choose-' + chosen : undefined}
          onInput={(e) => {
            setDraft(key, e.currentTarget.value);
            setCaret(e.currentTarget.selectionStart);
            if (!note) typed(talk, !!e.currentTarget.value.trim());
          }}
          onKeyDown={pressed} onKeyUp={moved} onClick={moved} onSelect={moved}
          onBlur={() => { if (!note) typed(talk, false); }}
          onPaste={(e) => {
            const list = [...(e.clipboardData?.files ?? [])];
            if (note || !list.some((it) => it.type.startsWith('image/'))) return;
            e.preventDefault();
            take(list);
          }}
          onCompositionStart={() => { composing.current = true; }}
          onCompositionEnd={() => { setTimeout(() => { composing.current = false; }, 0); }}
        />
        <div class="composer-foot">
          {!note && (
            <>
              <button type="button" class="icon-button small" aria-label={t('picture')} title={t('pictureHint')} onClick={() => files.current?.click()}><Icon name="picture" /></button>
              <input
                ref={files} class="sr" type="file" accept="image/*" tabIndex={-1} aria-hidden="true"
                onChange={(e) => { take([...(e.currentTarget.files ?? [])]); e.currentTarget.value = ''; }}
              />
            </>
          )}
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
          <button type="button" class={'button primary' + (note ? ' note' : '')} aria-disabled={empty || over > 0} onClick={submit}>
            <Icon name={note ? 'pen' : 'send'} /><span>{t(note ? 'saveNote' : 'send')}</span>
          </button>
        </div>
      </div>
    </footer>
  );
}
