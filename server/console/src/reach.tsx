// How lines get to a merchant in WeChat: what may still be sent, and what became of what was.
import { Icon } from './icons';
import { t } from './texts';
import { clock, day, isSameDay } from './time';
import { serverNow } from './api';
import type { Ev, Reach } from './types';

const until = (at: number): string => (isSameDay(at, serverNow()) ? clock(at) : `${day(at)} ${clock(at)}`);

/** What an agent should know before writing. */
export function Window({ reach }: { reach: Reach }) {
  const open = reach.left > 0;
  const text = open
    ? t('reachOpen', { left: reach.left, of: reach.of, until: until(reach.until) })
    : t(({ closed: 'reachClosed', used: 'reachUsed', gone: 'reachGone', passive: 'reachPassive' } as const)[reach.why ?? 'closed']);
  return <p class={'composer-note' + (open ? '' : ' amber-text')} role="status"><Icon name="wechat" /><span>{text}</span></p>;
}

/** What became of a line of ours; nothing for lines that carry no state. */
export function Delivered({ ev, reach }: { ev: Ev; reach: Reach }) {
  if (ev.seen) return null; // he has it by another way
  let state = 'sent';
  let reason = '';
  if (ev.id > reach.upto) state = 'waits';
  else {
    const d = [...reach.deliveries].reverse().find((it) => it.first <= ev.id && ev.id <= it.last);
    if (!d) state = ev.from === 'agent' ? 'reply' : ''; // the answer to the merchant's own message carried it
    else {
      state = d.state;
      reason = d.reason ?? '';
      if (state === 'held' && (reason === '-1' || reason === 'unreachable')) state = 'again';
    }
  }
  const key = ({ sent: 'outSent', moved: 'outSent', reply: 'outSent', again: 'outAgain', begun: 'outBegun', held: 'outHeld', dropped: 'outDropped', unsure: 'outUnsure', waits: 'outWaits' } as const)[state];
  if (!key) return null;
  const bad = state === 'unsure' || state === 'held';
  return (
    <p class={'delivery' + (bad ? ' failed' : '')}>
      <Icon name={bad ? 'alarm' : state === 'sent' || state === 'moved' || state === 'reply' ? 'check' : 'clock'} />
      <span>{t(key)}{bad && /^(fail:)?-?[0-9]+$/.test(reason) ? ` · ${reason}` : ''}</span>
    </p>
  );
}
