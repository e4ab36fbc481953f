// What the console knows, in one plain object. Views read it through useDesk()
// and are drawn again after change(); only desk.ts and work.ts change it.
import { useLayoutEffect, useState } from 'preact/hooks';
import { kept } from './keep';
import type { Link } from './live';
import { LEAD_TABS, TABS, isLead, type Agent, type Canned, type Card, type Colleague, type Counts, type DeskNow, type Earlier, type Ev, type Hour, type Note, type Offer, type Panel, type Ratings, type Reach, type Row, type Suggestion, type Tab, type Today } from './types';

// A reply on its way out. `waiting` has not reached the server and is tried
// again by itself, which is safe because the cid makes a repeat harmless;
// `failed` was refused and waits for the agent.
export interface Pending {
  cid: string;
  text: string;
  at: number;
  state: 'sending' | 'waiting' | 'failed';
  why?: string;
  id?: number; // known once the server has it; the event follows
  image?: Blob; // a picture instead of words
  url?: string; // of the picture, in this page
}

// Got is something beside the chat that is fetched when it is looked at.
export interface Got<T> { data: T | null; loading: boolean; error: string; at: number }
export const nothing = <T,>(): Got<T> => ({ data: null, loading: false, error: '', at: 0 });

export interface Talk {
  id: string;
  row: Row | null;
  card: Card | null;
  reach: Reach | null;
  events: Ev[]; // ordered by id, no gaps
  begins: boolean; // the first event is the first there is
  loading: boolean;
  earlier: 'no' | 'loading' | 'failed';
  error: string;
  pending: Pending[];
  busy: boolean; // a claim, release, close or transfer is under way
  notice: string; // 「已由 王强 接入」 and the like, shown above the composer
  noticeMore: string;
  notes: Note[]; // of colleagues, by time
  typing: number; // somebody else is writing, until then (ms)
  typist: string; // a colleague; '' for the merchant
  suggested: Got<Suggestion[]>;
  panel: Got<Panel>;
  past: Got<Earlier>;
  unfolded: boolean; // what was said with the assistant is shown whole
}

export interface List {
  rows: Row[];
  next: string;
  pages: number;
  loaded: boolean;
  loading: boolean;
  error: string;
}

export interface Toast { text: string; open?: string }

export interface Desk {
  phase: 'boot' | 'unreachable' | 'login' | 'ready';
  expired: boolean;
  me: Agent | null;
  link: Link;
  tab: Tab;
  lists: Record<Tab, List>;
  counts: Counts;
  open: string; // conversation id, '' for none
  talks: Map<string, Talk>;
  drafts: Record<string, string>;
  seen: Record<string, number>; // newest event this computer has shown
  toast: Toast | null;
  sound: boolean;
  keys: boolean; // single-key shortcuts
  enterSends: boolean;
  dialog: '' | 'password' | 'help' | 'end' | 'transfer' | 'hold' | 'take' | 'palette';
  wantComposer: number; // counts up when the composer should take the focus
  offers: Record<string, { row: Row; offer: Offer }>; // what waits for this agent's yes, as it came
  now: DeskNow | null;
  today: Today | null; // this agent's own figures
  hour: Hour | null; // all queues' figures of the last hour
  colleagues: Colleague[];
  canned: Got<Canned[]>;
  helper: Helper; // which part of the right pane is shown
  writing: Record<string, 'note'>; // conversations in which a note is being written
  notify: boolean; // tell of new work while the page is hidden
  outdated: boolean; // the server has a newer page
}

export type Helper = 'card' | 'merchant' | 'suggest' | 'past' | 'canned';
export const HELPERS: Helper[] = ['card', 'merchant', 'suggest', 'past', 'canned'];

const list = (): List => ({ rows: [], next: '', pages: 1, loaded: false, loading: false, error: '' });

export const lists = (): Record<Tab, List> =>
  Object.fromEntries(LEAD_TABS.map((tab) => [tab, list()])) as Record<Tab, List>;

export const noCounts = (): Counts => ({ queued: 0, mine: 0, due: 0, bot: 0, closed: 0, held: 0 });

// The lists of whoever is signed in: leads see what everybody holds.
export const tabs = (): Tab[] => (isLead(desk.me) ? LEAD_TABS : TABS);

export const desk: Desk = {
  phase: 'boot',
  expired: false,
  me: null,
  link: 'connecting',
  tab: 'queued',
  lists: lists(),
  counts: noCounts(),
  open: '',
  talks: new Map(),
  drafts: {},
  seen: {},
  toast: null,
  sound: kept('sound') !== 'off',
  keys: kept('keys') !== 'off',
  enterSends: kept('send') === 'enter',
  dialog: '',
  wantComposer: 0,
  offers: {},
  now: null,
  today: null,
  hour: null,
  colleagues: [],
  canned: nothing(),
  helper: 'card',
  writing: {},
  notify: kept('notify') === 'on',
  outdated: false,
};

export const talk = (id: string): Talk => ({
  id, row: null, card: null, reach: null, events: [], begins: false, loading: true, earlier: 'no', error: '',
  pending: [], busy: false, notice: '', noticeMore: '',
  notes: [], typing: 0, typist: '', suggested: nothing(), panel: nothing(), past: nothing(), unfolded: false,
});

const watchers = new Set<() => void>();
let told = false;

export function change(patch: Partial<Desk> = {}): void {
  Object.assign(desk, patch);
  if (told) return;
  told = true;
  queueMicrotask(() => {
    told = false;
    watchers.forEach((watcher) => watcher());
  });
}

export const onChange = (watcher: () => void): void => { watchers.add(watcher); };

export function useDesk(): Desk {
  const [, again] = useState(0);
  // Before the page is painted: an answer that comes in between would be missed.
  useLayoutEffect(() => {
    const watcher = (): void => again((n) => n + 1);
    watchers.add(watcher);
    return () => { watchers.delete(watcher); };
  }, []);
  return desk;
}

export const opened = (): Talk | null => (desk.open ? desk.talks.get(desk.open) ?? null : null);

export type Hold = 'me' | 'other' | 'bot' | 'queue' | 'closed';

export function hold(row: Row): Hold {
  if (row.state === 'closed' || row.holder.kind === 'none') return 'closed';
  if (row.holder.kind === 'agent') return row.holder.agent?.id === desk.me?.id ? 'me' : 'other';
  return row.holder.kind === 'queue' ? 'queue' : 'bot';
}

// A demo merchant is nobody whose identity could be verified.
export const isDemo = (row: Row): boolean => row.title.startsWith('演示商户');

// Unread is what waits for this agent: new in the queue, or written to a
// conversation of theirs, and not yet shown on this computer.
export function unread(row: Row): boolean {
  if (row.state !== 'queued' && row.state !== 'agent') return false;
  if (row.state === 'agent' && hold(row) !== 'me') return false;
  return row.last > (desk.seen[row.id] ?? 0);
}

export function unreadCount(): number {
  const waiting = new Set<string>();
  for (const tab of ['queued', 'mine'] as const) {
    for (const row of desk.lists[tab].rows) if (unread(row)) waiting.add(row.id);
  }
  return waiting.size;
}

// What part of those who rated were pleased, in percent.
export const pleased = (of: Ratings): number => Math.round(100 * of.good / Math.max(1, of.answered));

// The offer of a conversation to whoever is signed in, as long as it stands.
export function offered(row: Row): Offer | null {
  const { offer } = row;
  if (!offer || offer.by?.id === desk.me?.id) return null;
  return (offer.agent ? offer.agent.id === desk.me?.id : !!offer.team && !!desk.me?.teams?.includes(offer.team)) ? offer : null;
}
