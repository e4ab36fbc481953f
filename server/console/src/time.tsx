// Times as people read them, and the one clock that ticks.
import { useEffect, useRef, useState } from 'preact/hooks';
import { serverNow } from './api';
import { Icon } from './icons';
import { language, t } from './texts';
import type { Moment } from './types';

const two = (n: number): string => String(n).padStart(2, '0');

// span is mm:ss, h:mm:ss from an hour on, and days from then on.
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s >= 86_400) return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
  const tail = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${tail}` : tail;
}

function date(at: Moment): Date | null {
  const d = new Date(at);
  return Number.isNaN(d.getTime()) ? null : d;
}

export function clock(at: Moment): string {
  const d = date(at);
  return d ? `${two(d.getHours())}:${two(d.getMinutes())}` : String(at);
}

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();

export function day(at: Moment): string {
  const d = date(at);
  if (!d) return '';
  const now = new Date(serverNow());
  return new Intl.DateTimeFormat(language(), {
    month: 'long', day: 'numeric', weekday: 'short', ...(d.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(d);
}

export const isSameDay = (a: Moment, b: Moment): boolean => {
  const x = date(a), y = date(b);
  return !!x && !!y && sameDay(x, y);
};

// stamp is a time today, else a date with the time.
export function stamp(at: Moment): string {
  const d = date(at);
  if (!d) return String(at);
  if (sameDay(d, new Date(serverNow()))) return clock(at);
  return `${two(d.getMonth() + 1)}-${two(d.getDate())} ${clock(at)}`;
}

const beats = new Set<() => void>();
let beating = 0;

function useSecond(): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const beat = (): void => tick((n) => n + 1);
    beats.add(beat);
    beating ||= window.setInterval(() => beats.forEach((b) => b()), 1_000);
    return () => {
      beats.delete(beat);
      if (!beats.size) {
        clearInterval(beating);
        beating = 0;
      }
    };
  }, []);
}

const SLOW = 90_000;
const LATE = 180_000;

// Waited counts up. With `alarm` it turns amber, then red, each with a mark of
// its own, since colour alone tells nothing to many people.
// The server's own judgement, which knows targets and business hours, goes first.
export function Waited({ since, alarm, sla }: { since: number; alarm: boolean; sla?: string }) {
  useSecond();
  const ms = serverNow() - since;
  const level = sla ? ({ ok: '', amber: 'slow', red: 'late' } as Record<string, string>)[sla] ?? '' : !alarm || ms < SLOW ? '' : ms < LATE ? 'slow' : 'late';
  return (
    <span class={'waited ' + level}>
      {level && <Icon name={level === 'late' ? 'alarm' : 'clock'} />}
      <span class="sr">{t('waited', { time: '' })}</span>
      <time>{span(ms)}</time>
      {level === 'late' && <span class="sr">{t('waitedLong')}</span>}
    </span>
  );
}

// Countdown counts down to a time, and says once when it has come.
export function Countdown({ until, over }: { until: number; over?: () => void }) {
  useSecond();
  const left = until - serverNow();
  const done = useRef(false);
  useEffect(() => {
    if (left > 0 || done.current) return;
    done.current = true;
    over?.();
  });
  return <time class="countdown" role="timer" aria-live="off">{span(Math.max(0, left))}</time>;
}

// ago is how long something is past, in the largest unit that says enough.
export function ago(at: number): string {
  const s = Math.max(0, Math.round((serverNow() - at) / 1000));
  if (s < 5) return t('agoNow');
  if (s < 60) return t('agoSeconds', { n: s });
  if (s < 3600) return t('agoMinutes', { n: Math.floor(s / 60) });
  return s < 86_400 ? t('agoHours', { n: Math.floor(s / 3600) }) : stamp(at);
}

// Ago is that, and counts on.
export function Ago({ at }: { at: number }) {
  useSecond();
  return <time>{ago(at)}</time>;
}
