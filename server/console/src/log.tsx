// The message log. Events are drawn once and kept: a list that has not changed
// is not walked again.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Facts, Likely, objectName, ticketStatus } from './card';
import { loadEarlier, sendAgain, setDraft, takeBack } from './desk';
import { Icon } from './icons';
import { File } from './media';
import { change, desk, hold, type Pending, type Talk } from './state';
import { language, t } from './texts';
import { clock, day, isSameDay } from './time';
import { Delivered } from './reach';
import type { Ev, Note, Reach } from './types';
import { dropNote, saveNote } from './work';

const AHEAD = 400; // px from the beginning at which the page before is fetched
const FOLD = 8; // lines that are worth folding
const LEAD_IN = 3; // lines before the hand-over that stay
const NEAR = 60; // px from the end that count as reading the newest
const GROUP = 180_000; // ms within which a speaker is named once

export function Log({ talk }: { talk: Talk }) {
  const box = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  const end = useRef(0); // scrollTop when the newest was last in sight
  const before = useRef({ first: 0, last: 0, height: 0, unfolded: talk.unfolded });
  const [below, setBelow] = useState(false);
  const lang = language();
  const cut = talk.unfolded ? 0 : foldAt(talk);
  const drawn = useMemo(() => draw(talk, cut), [talk.id, talk.events, talk.notes, talk.reach, lang, cut]);
  const first = talk.events[0]?.id ?? 0;
  const last = talk.events[talk.events.length - 1]?.id ?? 0;
  const notes = talk.notes.length;

  useLayoutEffect(() => {
    const el = box.current!;
    const was = before.current;
    if (first < was.first || talk.unfolded && !was.unfolded) el.scrollTop += el.scrollHeight - was.height; // older ones came in above
    else if (stick.current) toEnd();
    else if (last > was.last) setBelow(true);
    before.current = { first, last, height: el.scrollHeight, unfolded: talk.unfolded };
  });

  useEffect(() => {
    // The composer grows, the phone's keyboard opens: the newest stays in sight.
    if (typeof ResizeObserver === 'undefined') return;
    const el = box.current!;
    const watch = new ResizeObserver(() => { if (stick.current) toEnd(); });
    watch.observe(el);
    return () => watch.disconnect();
  }, []);

  useEffect(() => { if (stick.current) toEnd(); }, [notes]);

  function toEnd(): void {
    const el = box.current;
    if (!el) return; // its watcher is told once more while it goes
    el.scrollTop = el.scrollHeight;
    end.current = el.scrollTop;
  }

  function scrolled(): void {
    const el = box.current;
    if (!el) return; // a last scroll of a log that is gone
    const near = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
    // A picture came in below before this was told: nobody has scrolled away.
    if (!near && stick.current && el.scrollTop >= end.current) return toEnd();
    stick.current = near;
    if (near) {
      end.current = el.scrollTop;
      setBelow(false);
    }
    // Whoever reads upwards gets the next page before he is at its end.
    if (el.scrollTop < AHEAD && !cut && !talk.begins && talk.earlier === 'no' && el.scrollHeight > el.clientHeight + AHEAD) void loadEarlier(talk);
  }

  return (
    <div class="log-place">
      <div
        class={'log' + (talk.events.length > 60 ? ' long' : '')} ref={box} role="log" aria-label={t('log')} aria-live="polite" tabIndex={0}
        onScroll={scrolled} onLoadCapture={() => { if (stick.current) toEnd(); }}
      >
        {cut > 0 ? (
          <div class="earlier">
            <button type="button" class="button quiet small" aria-expanded={false} onClick={() => { talk.unfolded = true; change(); }}>
              <Icon name="bot" />{talk.begins ? t('unfoldN', { n: cut }) : t('unfold')}
            </button>
          </div>
        ) : !talk.begins && talk.events.length > 0 && (
          <div class="earlier">
            {talk.earlier === 'failed' && <p class="red-text" role="alert">{t('earlierFailed')}</p>}
            <button type="button" class="button quiet small" aria-disabled={talk.earlier === 'loading'} onClick={() => void loadEarlier(talk)}>
              {t(talk.earlier === 'loading' ? 'loading' : 'earlier')}
            </button>
          </div>
        )}
        {!talk.events.length && !talk.pending.length && <p class="log-none">{t('noMessages')}</p>}
        {drawn}
        {talk.pending.map((it, i) => <Outgoing key={it.cid} talk={talk} pending={it} again={i > 0 || ownLast(talk, it.at)} />)}
        {talk.typing > Date.now() && <p class="typing" role="status">{talk.typist ? t('colleagueTypes', { name: talk.typist }) : t('userTypes')}</p>}
      </div>
      {below && (
        <button
          type="button" class="button to-bottom"
          onClick={() => { stick.current = true; setBelow(false); toEnd(); }}
        >
          <Icon name="down" />{t('newBelow')}
        </button>
      )}
    </div>
  );
}

// foldAt is before which event the talk with the assistant is folded away: the
// card above tells what came of it. The last lines before the hand-over stay.
function foldAt({ events, row, card }: Talk): number {
  if (!row || !card || row.state === 'bot') return 0;
  let at = -1;
  for (let i = events.length - 1; i >= 0 && at < 0; i--) if (events[i]!.type === 'queued') at = i;
  if (at < 0) return 0;
  const cut = at - LEAD_IN;
  for (let i = 0; i < cut; i++) if (events[i]!.from === 'agent') return 0; // people have talked there
  return cut >= FOLD ? cut : 0;
}

// Lines are drawn in chunks of a page, and a chunk that has not changed is not looked at again, however many there are.
const CHUNK = 50;
interface Chunk { first: Ev; lines: number; before: Ev | null; last: Ev | null; notes: string; reach: Reach | null; lang: string; view: VNode }
const chunks = new WeakMap<Ev, Chunk>(); // by the chunk's newest event

function draw(talk: Talk, cut: number): VNode[] {
  const { id, events, reach, notes } = talk;
  const out: VNode[] = [];
  const lang = language();
  const shown = cut ? events.slice(cut) : events;
  let last: Ev | null = null;
  let at = 0; // the next note
  if (!talk.begins || cut > 0) while (at < notes.length && notes[at]!.at < (shown[0]?.ts ?? 0)) at++;
  for (let i = 0; i < shown.length;) {
    // Chunks end where ids do, so that a page that comes in above leaves the others as they are.
    const page = Math.floor((shown[i]!.id - 1) / CHUNK);
    let end = i + 1;
    while (end < shown.length && Math.floor((shown[end]!.id - 1) / CHUNK) === page) end++;
    const until = end < shown.length ? shown[end]!.ts : Infinity;
    let to = at;
    while (to < notes.length && notes[to]!.at < until) to++;
    const mine = notes.slice(at, to);
    const key = mine.map((n) => n.id + (n.pending ? 'p' : '') + (n.failed ? 'f' : '')).join();
    const tail = shown[end - 1]!;
    let it = chunks.get(tail);
    if (!it || it.first !== shown[i] || it.lines !== end - i || it.before !== last || it.notes !== key || it.reach !== reach || it.lang !== lang) {
      const drawn = drawChunk(talk, id, shown.slice(i, end), mine, last, reach);
      it = { first: shown[i]!, lines: end - i, before: last, last: drawn.last, notes: key, reach, lang, view: <div key={'chunk' + page} class="chunk">{drawn.nodes}</div> };
      chunks.set(tail, it);
    }
    out.push(it.view);
    last = it.last;
    i = end;
    at = to;
  }
  if (!shown.length) out.push(...notes.map((n) => <NoteLine key={'note' + n.id} talk={talk} note={n} />));
  return out;
}

function drawChunk(talk: Talk, id: string, events: Ev[], notes: Note[], before: Ev | null, reach: Reach | null): { nodes: VNode[]; last: Ev | null } {
  const nodes: VNode[] = [];
  let last = before;
  let at = 0;
  const put = (until: number): void => {
    for (; at < notes.length && notes[at]!.at < until; at++) {
      nodes.push(<NoteLine key={'note' + notes[at]!.id} talk={talk} note={notes[at]!} />);
    }
  };
  let noted = 0;
  for (const ev of events) {
    put(ev.ts);
    const view = drawOne(id, ev, noted === at ? last : null, reach);
    if (!view) continue;
    if (!last || !isSameDay(last.ts, ev.ts)) nodes.push(<p key={'day' + ev.id} class="day"><time>{day(ev.ts)}</time></p>);
    nodes.push(view);
    noted = at;
    last = ev;
  }
  put(Infinity);
  return { nodes, last };
}

function NoteLine({ talk, note }: { talk: Talk; note: Note }) {
  return (
    <article class={'note-line' + (note.failed ? ' failed' : '')}>
      <p class="msg-who"><Icon name="eye" />{t('insideOnly')} · <bdi>{note.agent.name}</bdi> <time>{clock(note.at)}</time></p>
      <p class="note-text" dir="auto">{withNames(note.text, note.mentions ?? [])}</p>
      {note.pending && <p class="delivery"><Icon name="clock" />{t('saving')}</p>}
      {note.failed && (
        <p class="delivery failed"><Icon name="alarm" />{t('noteFailed')}
          <button type="button" class="link" onClick={() => void saveNote(talk, note)}>{t('again')}</button>
          <button type="button" class="link" onClick={() => { setDraft('note.' + talk.id, note.text); dropNote(talk, note); }}>{t('takeBack')}</button>
        </p>
      )}
    </article>
  );
}

// withNames sets the names of colleagues off from the text.
function withNames(text: string, names: { name: string }[]): (VNode | string)[] {
  let parts: (VNode | string)[] = [text];
  for (const { name } of names) {
    const out: (VNode | string)[] = [];
    for (const part of parts) {
      if (typeof part !== 'string') { out.push(part); continue; }
      part.split('@' + name).forEach((piece, i) => { if (i) out.push(<strong>@{name}</strong>); out.push(piece); });
    }
    parts = out;
  }
  return parts;
}

function drawOne(conv: string, ev: Ev, last: Ev | null, reach: Reach | null): VNode | null {
  switch (ev.type) {
    case 'message':
      return ev.from === 'system' ? <Line key={ev.id} ev={ev} text={ev.text ?? ''} /> : <Bubble key={ev.id} conv={conv} ev={ev} again={sameSpeaker(ev, last)} reach={reach} />;
    case 'diag': return <Diag key={ev.id} ev={ev} />;
    case 'ticket': return <Ticket key={ev.id} ev={ev} />;
    case 'queued':
      return <Line key={ev.id} ev={ev} text={ev.agent ? t('evLost', { name: ev.agent.name }) : ev.open === false ? t('evQueuedShut') : ev.pos ? t('evQueuedPos', { n: ev.pos }) : t('evQueued')} />;
    case 'joined': return <Line key={ev.id} ev={ev} text={t('evJoined', { name: ev.agent?.name ?? ev.name ?? '' })} />;
    case 'left': return <Line key={ev.id} ev={ev} text={t('evLeft')} />;
    case 'transferred': return <Line key={ev.id} ev={ev} text={ev.text || t('evTransferred')} />;
    case 'csat': return <Line key={ev.id} ev={ev} text={t('evCsat')} />;
    case 'rated': return <Line key={ev.id} ev={ev} text={t('evRated', { n: ev.score ?? 0 }) + (ev.solved === undefined ? '' : t(ev.solved ? 'evSolved' : 'evUnsolved')) + (ev.text ? '：' + ev.text : '')} />;
    case 'ended': return <Line key={ev.id} ev={ev} text={t('evEnded')} />;
    default: return null; // a newer server's event
  }
}

const sameSpeaker = (ev: Ev, last: Ev | null): boolean =>
  !!last && last.type === 'message' && last.from === ev.from && last.name === ev.name &&
  ev.ts - last.ts < GROUP && isSameDay(ev.ts, last.ts);

function speaker(ev: Ev): string {
  if (ev.from === 'user') return t('user');
  if (ev.from === 'agent') return ev.name && ev.name !== desk.me?.name && ev.name !== desk.me?.display ? ev.name : t('you');
  return t('botName');
}

function Bubble({ conv, ev, again, reach }: { conv: string; ev: Ev; again: boolean; reach: Reach | null }) {
  return (
    <article class={`msg ${ev.from ?? 'bot'}${again ? ' again' : ''}`}>
      <p class={again ? 'msg-who sr' : 'msg-who'}><bdi>{speaker(ev)}</bdi> <time>{clock(ev.ts)}</time></p>
      <div class="bubble" dir="auto">{ev.media ? <File conv={conv} ev={ev} file={ev.media} /> : ev.text}</div>
      {!!ev.choices?.length && (
        <ul class="choices" aria-label={t('choices')}>{ev.choices.map((it) => <li key={it.id}>{it.text}</li>)}</ul>
      )}
      {reach && ev.from !== 'user' && <Delivered ev={ev} reach={reach} />}
    </article>
  );
}

function Line({ ev, text }: { ev: Ev; text: string }) {
  return <p class="sysline"><span>{text}</span> <time>{clock(ev.ts)}</time></p>;
}

function Ticket({ ev }: { ev: Ev }) {
  return (
    <p class="sysline ticketline">
      <strong>{t('evTicket', { no: ev.no ?? '' })}</strong> {ev.title && <span>{ev.title}</span>} {ev.status && <span class="tag">{ticketStatus(ev.status)}</span>} <time>{clock(ev.ts)}</time>
    </p>
  );
}

// Diag is the card the merchant was shown, folded: an agent needs its name
// often and its steps seldom.
function Diag({ ev }: { ev: Ev }) {
  const list = (title: string, items?: string[] | null, ordered = false) => {
    if (!items?.length) return null;
    const rows = items.map((it, i) => <li key={i}>{it}</li>);
    return <div><dt>{title}</dt><dd>{ordered ? <ol>{rows}</ol> : <ul>{rows}</ul>}</dd></div>;
  };
  const line = (title: string, text?: string) => (text ? <div><dt>{title}</dt><dd>{text}</dd></div> : null);
  return (
    <article class="msg bot">
      <p class="msg-who"><bdi>{t('botName')}</bdi> <time>{clock(ev.ts)}</time></p>
      <details class="diag">
        <summary>
          <Icon name="down" />
          <span class="tag">{t('diag')}{ev.object ? ' · ' + objectName(ev.object) : ''}</span>
          <strong><bdi>{ev.title}</bdi></strong>
          {ev.code && <code class="code">{ev.code}</code>}
          {typeof ev.conf === 'number' && <span class="dim">{Math.round(ev.conf * 100)}%</span>}
        </summary>
        <dl>
          {line(t('cause'), ev.cause)}
          {line(t('impact'), ev.impact)}
          {list(t('steps'), ev.steps, true)}
          {line(t('liftedBy'), ev.lifted_by)}
          {list(t('prepare'), ev.prepare)}
          {list(t('never'), ev.never)}
          {!!ev.facts?.length && <div><dt>{t('facts')}</dt><dd><Facts facts={ev.facts} /></dd></div>}
          {line(t('entry'), [ev.cause_id || ev.article, ev.updated || ev.revision].filter(Boolean).join(' · '))}
          {!!ev.likely?.length && <div><dt>{t('likely')}</dt><dd><Likely likely={ev.likely} /></dd></div>}
        </dl>
      </details>
      {ev.text && ev.text !== ev.title && !ev.text.startsWith(`【${ev.title}】`) && <div class="bubble" dir="auto">{ev.text}</div>}
    </article>
  );
}

function ownLast(talk: Talk, at: number): boolean {
  const last = talk.events[talk.events.length - 1];
  return last?.type === 'message' && last.from === 'agent' && (last.name === desk.me?.name || last.name === desk.me?.display) && at - last.ts < GROUP;
}

function Outgoing({ talk, pending, again }: { talk: Talk; pending: Pending; again: boolean }) {
  const failed = pending.state === 'failed';
  return (
    <article class={`msg agent pending ${pending.state}${again ? ' again' : ''}`}>
      <p class={again ? 'msg-who sr' : 'msg-who'}><bdi>{t('you')}</bdi> <time>{clock(pending.at)}</time></p>
      <div class="bubble" dir="auto">{pending.url ? <span class="file image"><img src={pending.url} alt={t('pictureOwn')} /></span> : pending.text}</div>
      {!pending.id && (
        <p class={'delivery ' + pending.state}>
          <Icon name={failed ? 'alarm' : 'clock'} />
          <span>{failed ? t('failed') + (pending.why ? ' · ' + pending.why : '') : t(pending.state === 'waiting' ? 'waiting' : 'sending')}</span>
          {failed && talk.row && hold(talk.row) === 'me' && <button type="button" class="link" onClick={() => sendAgain(talk, pending)}>{t('again')}</button>}
          {failed && <button type="button" class="link" onClick={() => takeBack(talk, pending)}>{t(pending.image ? 'dropIt' : 'takeBack')}</button>}
        </p>
      )}
    </article>
  );
}

export function LogSkeleton() {
  return (
    <div class="log skeleton" role="status" aria-label={t('loading')}>
      <i class="bone l1" /><i class="bone r1" /><i class="bone l2" /><i class="bone r2" />
    </div>
  );
}
