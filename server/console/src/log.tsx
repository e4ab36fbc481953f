// The message log. Events are drawn once and kept: a list that has not changed
// is not walked again.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Facts, Likely, objectName, ticketStatus } from './card';
import { loadEarlier, sendAgain, takeBack } from './desk';
import { Icon } from './icons';
import { File } from './media';
import { desk, hold, type Pending, type Talk } from './state';
import { language, t } from './texts';
import { clock, day, isSameDay } from './time';
import { Delivered } from './reach';
import type { Ev, Reach } from './types';

const NEAR = 60; // px from the end that count as reading the newest
const GROUP = 180_000; // ms within which a speaker is named once

export function Log({ talk }: { talk: Talk }) {
  const box = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  const before = useRef({ first: 0, last: 0, height: 0 });
  const [below, setBelow] = useState(false);
  const lang = language();
  const drawn = useMemo(() => draw(talk), [talk.id, talk.events, talk.reach, lang]);
  const first = talk.events[0]?.id ?? 0;
  const last = talk.events[talk.events.length - 1]?.id ?? 0;

  useLayoutEffect(() => {
    const el = box.current!;
    const was = before.current;
    if (first < was.first) el.scrollTop += el.scrollHeight - was.height; // older ones came in above
    else if (stick.current) el.scrollTop = el.scrollHeight;
    else if (last > was.last) setBelow(true);
    before.current = { first, last, height: el.scrollHeight };
  });

  useEffect(() => {
    // The composer grows, the phone's keyboard opens: the newest stays in sight.
    if (typeof ResizeObserver === 'undefined') return;
    const el = box.current!;
    const watch = new ResizeObserver(() => { if (stick.current) el.scrollTop = el.scrollHeight; });
    watch.observe(el);
    return () => watch.disconnect();
  }, []);

  function scrolled(): void {
    const el = box.current!;
    stick.current = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
    if (stick.current) setBelow(false);
  }

  return (
    <div class="log-place">
      <div
        class={'log' + (talk.events.length > 300 ? ' long' : '')} ref={box} role="log" aria-label={t('log')} aria-live="polite" tabIndex={0}
        onScroll={scrolled}
      >
        {!talk.begins && talk.events.length > 0 && (
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
      </div>
      {below && (
        <button
          type="button" class="button to-bottom"
          onClick={() => { stick.current = true; setBelow(false); box.current!.scrollTop = box.current!.scrollHeight; }}
        >
          <Icon name="down" />{t('newBelow')}
        </button>
      )}
    </div>
  );
}

function draw({ id, events, reach }: Talk): VNode[] {
  const nodes: VNode[] = [];
  let last: Ev | null = null;
  for (const ev of events) {
    const view = drawOne(id, ev, last, reach);
    if (!view) continue;
    if (!last || !isSameDay(last.ts, ev.ts)) {
      nodes.push(<p key={'day' + ev.id} class="day"><time>{day(ev.ts)}</time></p>);
    }
    nodes.push(view);
    last = ev;
  }
  return nodes;
}

function drawOne(conv: string, ev: Ev, last: Ev | null, reach: Reach | null): VNode | null {
  switch (ev.type) {
    case 'message':
      return ev.from === 'system' ? <Line key={ev.id} ev={ev} text={ev.text ?? ''} /> : <Bubble key={ev.id} conv={conv} ev={ev} again={sameSpeaker(ev, last)} reach={reach} />;
    case 'diag': return <Diag key={ev.id} ev={ev} />;
    case 'ticket': return <Ticket key={ev.id} ev={ev} />;
    case 'queued':
      return <Line key={ev.id} ev={ev} text={ev.open === false ? t('evQueuedShut') : ev.pos ? t('evQueuedPos', { n: ev.pos }) : t('evQueued')} />;
    case 'joined': return <Line key={ev.id} ev={ev} text={t('evJoined', { name: ev.agent?.name ?? ev.name ?? '' })} />;
    case 'left': return <Line key={ev.id} ev={ev} text={t('evLeft')} />;
    case 'ended': return <Line key={ev.id} ev={ev} text={t('evEnded')} />;
    default: return null; // a newer server's event
  }
}

const sameSpeaker = (ev: Ev, last: Ev | null): boolean =>
  !!last && last.type === 'message' && last.from === ev.from && last.name === ev.name &&
  ev.ts - last.ts < GROUP && isSameDay(ev.ts, last.ts);

function speaker(ev: Ev): string {
  if (ev.from === 'user') return t('user');
  if (ev.from === 'agent') return ev.name && ev.name !== desk.me?.name ? ev.name : t('you');
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
          {!!ev.likely?.length && <div><dt>{t('likely')}</dt><dd><Likely likely={ev.likely} /></dd></div>}
        </dl>
      </details>
      {ev.text && ev.text !== ev.title && !ev.text.startsWith(`【${ev.title}】`) && <div class="bubble" dir="auto">{ev.text}</div>}
    </article>
  );
}

function ownLast(talk: Talk, at: number): boolean {
  const last = talk.events[talk.events.length - 1];
  return last?.type === 'message' && last.from === 'agent' && last.name === desk.me?.name && at - last.ts < GROUP;
}

function Outgoing({ talk, pending, again }: { talk: Talk; pending: Pending; again: boolean }) {
  const failed = pending.state === 'failed';
  return (
    <article class={`msg agent pending ${pending.state}${again ? ' again' : ''}`}>
      <p class={again ? 'msg-who sr' : 'msg-who'}><bdi>{t('you')}</bdi> <time>{clock(pending.at)}</time></p>
      <div class="bubble" dir="auto">{pending.text}</div>
      {!pending.id && (
        <p class={'delivery ' + pending.state}>
          <Icon name={failed ? 'alarm' : 'clock'} />
          <span>{failed ? t('failed') + (pending.why ? ' · ' + pending.why : '') : t(pending.state === 'waiting' ? 'waiting' : 'sending')}</span>
          {failed && talk.row && hold(talk.row) === 'me' && <button type="button" class="link" onClick={() => sendAgain(talk, pending)}>{t('again')}</button>}
          {failed && <button type="button" class="link" onClick={() => takeBack(talk, pending)}>{t('takeBack')}</button>}
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
