// What an agent does at the desk, and what reaches it. What stands beside the
// chat is in work.ts; no other module changes the state.
import * as api from './api';
import { notify, ring } from './bell';
import { keep, kept } from './keep';
import { openLine, type Line } from './live';
import { serves, settingsPage } from './settings/pages';
import { change, desk, hold, lists, noCounts, nothing, offered, tabs, talk as newTalk, type List, type Pending, type Talk } from './state';
import { t } from './texts';
import { LEAD_TABS, type Agent, type Ev, type Holder, type Offer, type Reason, type Row, type Status, type Tab } from './types';
import { forgetFigures, loadDesk, loadNotes, mentioned, refreshSuggestions } from './work';

const PAGE = 50; // events asked for at a time
const TALKS = 20; // conversations kept in memory
export const LONGEST = 2_000; // characters of a reply

let line: Line | null = null;
let session = 0; // goes up at sign in and out, so that late answers are dropped
let known: Set<string> | null = null; // queued conversations that have rung

// ---- coming and going

export async function boot(): Promise<void> {
  api.onExpired(expire);
  window.addEventListener('hashchange', follow);
  document.addEventListener('visibilitychange', () => { markSeen(); change(); });
  change({ phase: 'boot' });
  try {
    arrive(await api.me());
  } catch (error) {
    const status = error instanceof api.Failure ? error.status : 0;
    change({ phase: status === 401 || status === 403 ? 'login' : 'unreachable', expired: false });
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  arrive(await api.login(name, password));
}

export function arrive(me: Agent): void {
  session++;
  known = null;
  desk.talks.clear();
  desk.seen = parsed(kept('seen.' + me.id));
  desk.drafts = parsed(kept('drafts.' + me.id, 'session'));
  desk.offers = {};
  forgetFigures();
  if (!tabs().includes(desk.tab)) desk.tab = 'queued';
  change({ phase: 'ready', expired: false, me, link: 'connecting', lists: lists(), dialog: me.must_change ? 'password' : '' });
  line?.stop();
  if (me.must_change) return; // nothing else is allowed until the printed password is replaced
  line = openLine({
    link: (link) => {
      const back = desk.link !== link && (link === 'live' || link === 'polling');
      change({ link });
      if (back) pump();
    },
    event: receive,
    lists: refreshSoon,
    frame,
    expired: expire,
    watched: () => {
      const open = desk.talks.get(desk.open);
      return open && !open.loading ? { conv: open.id, last: newest(open) } : null;
    },
    poll: refresh,
  });
  follow();
  void refresh();
  void lookForVersion();
  if (!me.status) void standing(); // who has just signed in has not been told how he stands
}

// stands takes in how the agent stands. A page that only reads from now on leaves off what it was about to do, and keeps the draft.
function stands(more: Partial<Agent>): void {
  if (!desk.me) return;
  if (more.readonly && !desk.me.readonly) {
    desk.writing = {};
    if (ACTING.has(desk.dialog)) desk.dialog = '';
  }
  change({ me: { ...desk.me, ...more } });
}

const ACTING = new Set<string>(['end', 'transfer', 'hold', 'take']);

async function standing(): Promise<void> {
  const now = session;
  try {
    const me = await api.me();
    if (now === session) stands(me);
  } catch {
    // a frame tells of the next change
  }
}

// Frames beside lines and lists.
function frame(f: Record<string, any>): void {
  switch (f.t) {
    case 'welcome':
      void lookForVersion();
      break;
    case 'me':
      stands({ ...(f.agent ?? {}), ...some(f, ['status', 'capacity', 'load', 'teams', 'skills', 'readonly', 'away', 'display']) });
      break;
    case 'readonly':
      stands({ readonly: f.readonly !== false });
      break;
    case 'offer':
      void takeOffer(String(f.conv ?? ''), f.offer as Offer | null, Number(f.epoch) || 0, f.sound !== false);
      break;
    case 'note':
      void mentioned(String(f.conv ?? ''), !!f.mention, String(f.by ?? ''));
      break;
    case 'typing': {
      const talk = desk.talks.get(String(f.conv ?? ''));
      if (!talk) break;
      talk.typing = f.on === false ? 0 : Date.now() + 8_000;
      talk.typist = String(f.agent?.name ?? '');
      change();
      if (talk.typing) setTimeout(change, 8_050);
      break;
    }
    case 'presence':
      void loadDesk(true);
      break;
  }
}

const some = (from: Record<string, any>, names: string[]): Partial<Agent> =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));

// takeOffer shows what waits for this agent's yes, wherever he is.
async function takeOffer(conv: string, offer: Offer | null, epoch: number, sound: boolean): Promise<void> {
  if (!conv) return;
  if (!offer) {
    const { [conv]: _, ...rest } = desk.offers;
    change({ offers: rest });
    return;
  }
  const now = session;
  const known = LEAD_TABS.flatMap((tab) => desk.lists[tab].rows).find((row) => row.id === conv);
  try {
    const row = known ?? (await api.conversation(conv));
    if (now !== session) return;
    const fresh = !desk.offers[conv];
    change({ offers: { ...desk.offers, [conv]: { row: { ...row, offer, epoch: Math.max(epoch, row.epoch) }, offer } } }); // a row of a list may be old
    if (fresh) {
      if (sound) ring();
      notify(t(offer.transfer ? 'notifyTransfer' : 'notifyOffer'), row.topic || t('noTopic'), conv);
    }
  } catch {
    // it stands in the lists all the same
  }
}

// The offers of the lists are the truth: a frame may have been lost. Those that stood keep their places.
function gatherOffers(): void {
  const at = api.serverNow();
  const offers: typeof desk.offers = {};
  const rows = new Map<string, Row>();
  for (const tab of tabs()) for (const row of desk.lists[tab].rows) rows.set(row.id, row);
  for (const id of new Set([...Object.keys(desk.offers), ...rows.keys()])) {
    const row = rows.get(id);
    const it = row ? { row, offer: offered(row) } : desk.offers[id];
    if (it?.offer && it.offer.until > at) offers[id] = { row: it.row, offer: it.offer };
  }
  desk.offers = offers;
}

let version = '';
async function lookForVersion(): Promise<void> {
  const seen = await api.version();
  if (!seen) return;
  version ||= seen;
  if (seen !== version && !desk.outdated) change({ outdated: true });
}

export async function setStatus(status: Status): Promise<void> {
  const before = desk.me?.status;
  const away = desk.me?.away;
  if (!desk.me || before === status) return;
  change({ me: { ...desk.me, status, away: false } });
  try {
    await api.setStatus(status);
    void loadDesk(true);
  } catch (error) {
    if (desk.me) change({ me: { ...desk.me, status: before, away }, toast: { text: api.sentence(error) } });
  }
}

// workHere makes this page the one that acts; the agent's other ones read.
export async function workHere(): Promise<void> {
  const now = session;
  try {
    const mine = await api.workHere();
    if (now === session) stands(mine);
  } catch (error) {
    if (now === session) change({ toast: { text: api.sentence(error) } });
  }
}

export async function signOut(): Promise<void> {
  if (desk.me) keep('drafts.' + desk.me.id, null, 'session');
  desk.drafts = {};
  const gone = api.logout().catch(() => null); // the page forgets even when the server is away
  leave(false);
  await gone;
}

// signOutEverywhere ends this agent's sessions on all devices; what the server did not take in is told.
export async function signOutEverywhere(): Promise<void> {
  try {
    await api.logoutEverywhere();
  } catch (error) {
    return change({ toast: { text: api.sentence(error) } });
  }
  if (desk.me) keep('drafts.' + desk.me.id, null, 'session');
  desk.drafts = {};
  leave(false);
}

function expire(): void {
  if (desk.phase !== 'ready') return;
  // What was on its way goes back into the drafts; nothing else stays on screen.
  for (const talk of desk.talks.values()) {
    const texts = talk.pending.filter((p) => !p.id && p.text).map((p) => p.text);
    if (texts.length) setDraft(talk.id, [...texts, desk.drafts[talk.id] ?? ''].filter(Boolean).join('\n'));
  }
  leave(true);
}

function leave(expired: boolean): void {
  session++;
  line?.stop();
  line = null;
  desk.talks.clear();
  change({
    phase: 'login', expired, me: null, lists: lists(), counts: noCounts(),
    toast: null, dialog: '', seen: {}, drafts: {}, offers: {}, now: null, today: null, colleagues: [], canned: nothing(), writing: {},
  });
  if (!expired && location.hash) history.replaceState(null, '', location.pathname);
}

export const reconnect = (): void => line?.wake();

// ---- lists

export function setTab(tab: Tab): void {
  if (tab === desk.tab) return;
  change({ tab });
  remember();
  void load(tab);
}

let soon = 0;
function refreshSoon(): void {
  if (soon) return;
  soon = window.setTimeout(() => { soon = 0; void refresh(); }, 300);
}

let refreshing: Promise<boolean> | null = null;
let stale = false;

// refresh fetches what is on screen: the tab's list, the queue and the agent's
// own list (title, bell), and the open conversation. False: server not reached.
export function refresh(): Promise<boolean> {
  if (refreshing) {
    stale = true;
    return refreshing;
  }
  const now = session;
  refreshing = (async () => {
    const reached = await Promise.all([
      ...tabs().filter((tab) => tab === desk.tab || tab === 'queued' || tab === 'mine').map(load),
      catchUp(),
      loadDesk(),
    ]);
    return reached.every(Boolean);
  })().finally(() => {
    refreshing = null;
    if (stale && now === session) refreshSoon();
    stale = false;
  });
  return refreshing;
}

export async function load(tab: Tab): Promise<boolean> {
  if (!serves(desk.me?.role)) return true; // has no lists
  const now = session;
  const list = desk.lists[tab];
  if (!list.loaded) change({ lists: { ...desk.lists, [tab]: { ...list, loading: true, error: '' } } });
  try {
    const rows: Row[] = [];
    let next = '';
    let page = 0;
    const pages = desk.lists[tab].pages;
    do {
      const got = await api.list(tab, next);
      if (now !== session) return true;
      rows.push(...(got.conversations ?? []));
      if (got.counts) Object.assign(desk.counts, got.counts);
      next = got.next ?? '';
    } while (++page < pages && next);
    put(tab, { rows: unique(rows), next, loaded: true, loading: false, error: '' });
    if (tab === 'queued') listen(rows);
    return true;
  } catch (error) {
    if (now !== session) return true;
    const lost = error instanceof api.Failure && error.status === 0;
    // Rows on screen stay through a short outage; the banner tells of it.
    put(tab, { loading: false, error: lost && desk.lists[tab].loaded ? '' : api.sentence(error) });
    return !lost;
  }
}

export async function loadMore(tab: Tab): Promise<void> {
  const now = session;
  const list = desk.lists[tab];
  if (!list.next || list.loading) return;
  put(tab, { loading: true, error: '' });
  try {
    const got = await api.list(tab, list.next);
    if (now !== session) return;
    put(tab, {
      rows: unique([...desk.lists[tab].rows, ...(got.conversations ?? [])]),
      next: got.next ?? '', pages: Math.min(desk.lists[tab].pages + 1, 5), loading: false,
    });
  } catch (error) {
    if (now === session) put(tab, { loading: false, error: api.sentence(error) });
  }
}

function put(tab: Tab, patch: Partial<List>): void {
  markSeen();
  desk.lists = { ...desk.lists, [tab]: { ...desk.lists[tab], ...patch } };
  gatherOffers();
  change();
}

function unique(rows: Row[]): Row[] {
  const ids = new Set<string>();
  return rows.filter((row) => !ids.has(row.id) && ids.add(row.id));
}

// listen rings once for conversations that were not in the queue before.
function listen(rows: Row[]): void {
  const fresh = known ? rows.filter((row) => !known!.has(row.id)) : [];
  known = new Set(rows.map((row) => row.id)); // one that left and comes back rings again
  if (!fresh.length) return;
  const mine = fresh.filter(offered);
  if (mine.length === fresh.length) return void ring(); // it stands below the lists, with its countdown
  ring();
  notify(t('notifyQueued'), fresh[0]!.topic || t('noTopic'), fresh[0]!.id);
  change({
    toast: fresh.length === 1
      ? { text: t('newQueued', { title: fresh[0]!.title }), open: fresh[0]!.id }
      : { text: t('newQueuedMany', { n: fresh.length }) },
  });
}

// ---- one conversation

// The open conversation stands in the address, so that Back and reload work.
export function open(id: string): void {
  const hash = id ? `#/${desk.tab}/${encodeURIComponent(id)}` : `#/${desk.tab}`;
  if (location.hash === hash) follow();
  else location.hash = hash;
}

function remember(): void {
  history.replaceState(null, '', `#/${desk.tab}${desk.open ? '/' + encodeURIComponent(desk.open) : ''}`);
}

function follow(): void {
  if (desk.phase !== 'ready' || desk.me?.must_change) return;
  if (!settingsPage() && !serves(desk.me?.role)) location.replace('#/settings');
  if (settingsPage()) return change();
  const [, tab, id = ''] = location.hash.split('/');
  const known = tabs().find((name) => name === tab);
  if (known && known !== desk.tab) {
    desk.tab = known;
    void load(known);
  }
  const conv = decodeURIComponent(id);
  if (conv !== desk.open) {
    change({ open: conv, dialog: ['end', 'transfer', 'hold', 'take', 'palette'].includes(desk.dialog) ? '' : desk.dialog });
    if (conv) void enter(conv);
  } else {
    change();
    if (conv && !desk.talks.has(conv)) void enter(conv);
  }
}

// enter shows what is in memory at once and fetches the rest.
export async function enter(id: string): Promise<void> {
  const now = session;
  let talk = desk.talks.get(id);
  if (talk) {
    desk.talks.delete(id); // and back in as the newest
  } else {
    talk = newTalk(id);
    talk.row = LEAD_TABS.flatMap((tab) => desk.lists[tab].rows).find((row) => row.id === id) ?? null;
  }
  desk.talks.set(id, talk);
  forget();
  const fresh = !talk.events.length;
  talk.loading = fresh;
  talk.error = '';
  talk.notice = talk.noticeMore = '';
  change();
  try {
    const { card, reach, ...row } = await api.conversation(id);
    if (now !== session) return;
    adopt(talk, row);
    talk.card = card ?? null;
    talk.reach = reach ?? null;
    if (fresh) {
      const after = Math.max(0, row.last - PAGE);
      await fetchAfter(talk, after);
      talk.begins = after === 0;
    } else {
      await fetchAfter(talk, newest(talk));
    }
  } catch (error) {
    if (now !== session) return;
    talk.error = error instanceof api.Failure && error.status === 404 ? t('talkGone') : api.sentence(error);
  }
  if (now !== session) return;
  talk.loading = false;
  markSeen();
  change();
  if (desk.open === id && !talk.error) line?.watch(id, newest(talk));
  if (!talk.error) void loadNotes(talk);
}

// catchUp brings the open conversation up to date.
async function catchUp(): Promise<boolean> {
  const talk = desk.talks.get(desk.open);
  if (!talk || talk.loading) return true;
  if (talk.error) {
    await enter(talk.id);
    return true;
  }
  const now = session;
  try {
    const { card, reach, ...row } = await api.conversation(talk.id);
    if (now !== session) return true;
    adopt(talk, row);
    talk.card = card ?? null;
    talk.reach = reach ?? null;
    if (row.last > newest(talk)) await fetchAfter(talk, newest(talk));
    markSeen();
    change();
    return true;
  } catch (error) {
    return !(error instanceof api.Failure && error.status === 0);
  }
}

async function fetchAfter(talk: Talk, after: number): Promise<void> {
  const now = session;
  for (;;) {
    const got = await api.events(talk.id, after);
    if (now !== session) return;
    const list = got.events ?? [];
    merge(talk, list);
    const last = list.length ? list[list.length - 1]!.id : got.last;
    if (!list.length || last >= got.last || last <= after) return;
    after = last;
  }
}

export async function loadEarlier(talk: Talk): Promise<void> {
  if (talk.earlier === 'loading' || talk.begins) return;
  const now = session;
  const first = talk.events[0]?.id ?? 1;
  const after = Math.max(0, first - 1 - PAGE);
  talk.earlier = 'loading';
  change();
  try {
    const got = await api.events(talk.id, after, PAGE);
    if (now !== session) return;
    merge(talk, (got.events ?? []).filter((ev) => ev.id < first));
    talk.begins = after === 0;
    talk.earlier = 'no';
  } catch {
    talk.earlier = 'failed';
  }
  change();
}

// merge keeps events ordered by id and each once, whichever way they came.
function merge(talk: Talk, fresh: Ev[]): void {
  const have = new Set(talk.events.map((ev) => ev.id));
  const add = fresh.filter((ev) => typeof ev.id === 'number' && !have.has(ev.id) && have.add(ev.id));
  if (!add.length) return;
  talk.events = [...talk.events, ...add].sort((a, b) => a.id - b.id);
  talk.pending = talk.pending.filter((p) => !add.some((ev) => ev.cid === p.cid || ev.id === p.id));
}

const newest = (talk: Talk): number => talk.events[talk.events.length - 1]?.id ?? 0;

function receive(conv: string, ev: Ev): void {
  const talk = desk.talks.get(conv);
  if (!talk || talk.loading) return; // enter() fetches it
  merge(talk, [ev]);
  if (ev.from === 'user') {
    talk.typing = 0;
    if (ev.type === 'message') {
      refreshSuggestions(talk);
      if (talk.row && hold(talk.row) === 'me') notify(t('notifyMessage'), talk.row.topic || t('noTopic'), talk.id);
    }
  }
  if (talk.row && ev.id > talk.row.last) talk.row = { ...talk.row, last: ev.id };
  markSeen();
  change();
  // These change the holder or the card, which the event does not hold.
  if (['queued', 'joined', 'left', 'ended', 'ticket', 'diag', 'transferred', 'rated'].includes(ev.type)) refreshSoon();
}

function adopt(talk: Talk, row: Row): void {
  if (talk.row && row.epoch < talk.row.epoch) return; // answered before the last claim
  const before = talk.row ? hold(talk.row) : null;
  talk.row = row;
  const after = hold(row);
  if (after === 'me') talk.notice = talk.noticeMore = '';
  else if (before === 'me' && !talk.busy) notice(talk, row.holder);
}

function forget(): void {
  for (const [id, talk] of desk.talks) {
    if (desk.talks.size <= TALKS) return;
    if (id !== desk.open && !talk.pending.length) desk.talks.delete(id);
  }
}

function markSeen(): void {
  const talk = desk.talks.get(desk.open);
  if (!talk || talk.loading || !talk.row || document.visibilityState !== 'visible' || !desk.me) return;
  const last = Math.max(newest(talk), talk.row.last);
  if ((desk.seen[talk.id] ?? 0) >= last) return;
  delete desk.seen[talk.id]; // newest at the end
  desk.seen[talk.id] = last;
  const ids = Object.keys(desk.seen);
  for (const id of ids.slice(0, Math.max(0, ids.length - 500))) delete desk.seen[id];
  keep('seen.' + desk.me.id, JSON.stringify(desk.seen));
}

// ---- holding

export type Move = 'claim' | 'release' | 'close' | 'requeue' | 'decline' | 'resume' | 'take' | 'transfer' | 'hold';

export interface How { to?: string; team?: string; note?: string; until?: number; reason?: Reason; gap?: boolean }

export async function act(talk: Talk, move: Move, how: How = {}): Promise<boolean> {
  const row = talk.row;
  if (!row || talk.busy) return false;
  if (desk.me?.readonly) {
    talk.notice = t('readonlyBanner');
    talk.noticeMore = '';
    change();
    return false;
  }
  const now = session;
  talk.busy = true;
  talk.notice = talk.noticeMore = '';
  change();
  try {
    const { epoch } = await ask(talk.id, row.epoch, move, how);
    if (now !== session) return true;
    moved(talk, row, move, how, epoch);
    return true;
  } catch (error) {
    if (now !== session) return false;
    refused(talk, error);
    return false;
  } finally {
    talk.busy = false;
    change();
    refreshSoon();
  }
}

function ask(id: string, epoch: number, move: Move, how: How): Promise<{ epoch: number }> {
  switch (move) {
    case 'requeue': return api.transfer(id, epoch, { to: 'queue' }, how.note);
    case 'transfer': return api.transfer(id, epoch, how.team ? { team: how.team } : { to: how.to }, how.note);
    case 'hold': return api.hold(id, epoch, how.until ?? 0);
    case 'close': return api.close(id, epoch, how.reason ?? 'solved', !!how.gap, how.note);
    default: return api.move(id, move, epoch);
  }
}

// moved puts on screen at once what the server has taken; the next answer of the lists says the rest.
function moved(talk: Talk, row: Row, move: Move, how: How, epoch: number): void {
  const { [talk.id]: _, ...offers } = desk.offers;
  desk.offers = offers;
  const next = { ...(talk.row ?? row), epoch: epoch ?? row.epoch, offer: null };
  switch (move) {
    case 'claim':
    case 'take':
      talk.row = { ...next, holder: { kind: 'agent', agent: { id: desk.me!.id, name: desk.me!.display || desk.me!.name } }, state: 'agent' };
      desk.wantComposer++;
      if (desk.tab !== 'mine') setTab('mine');
      break;
    case 'release':
      talk.row = { ...next, holder: { kind: 'bot' }, state: 'bot' };
      break;
    case 'close':
      talk.row = { ...next, holder: { kind: 'none' }, state: 'closed' };
      break;
    case 'requeue':
      talk.row = { ...next, holder: { kind: 'queue' }, state: 'queued' };
      known?.add(talk.id); // no sound for what one has put there oneself
      break;
    case 'hold':
      talk.row = { ...next, hold_until: how.until };
      break;
    case 'resume':
      talk.row = { ...next, hold_until: null };
      break;
    case 'transfer': // it stays with us until it is accepted
      known?.add(talk.id);
      talk.row = { ...next, offer: talk.row?.offer ?? null };
      break;
    case 'decline':
      talk.row = next;
      break;
  }
}

// answer takes or leaves an offer that may not be open on screen.
export async function answer(id: string, yes: boolean): Promise<void> {
  const talk = desk.talks.get(id) ?? newTalk(id);
  desk.talks.set(id, talk);
  const row = desk.offers[id]?.row ?? null;
  if (!talk.row) talk.row = row;
  else if (row && row.epoch > talk.row.epoch) talk.row = { ...talk.row, epoch: row.epoch }; // it was looked at before it changed hands
  const done = await act(talk, yes ? 'claim' : 'decline');
  if (yes && done) open(id);
  if (!done && talk.notice) change({ toast: { text: talk.notice, open: id } });
}

// refused tells why a claim, a release or a reply was not taken.
function refused(talk: Talk, error: unknown): void {
  if (error instanceof api.Failure && error.lost && talk.row) {
    const { holder, epoch } = error.lost;
    const state: Row['state'] =
      holder.kind === 'agent' ? 'agent' : holder.kind === 'queue' ? 'queued' : holder.kind === 'bot' ? 'bot' : 'closed';
    talk.row = { ...talk.row, holder, epoch: epoch ?? talk.row.epoch, state };
    notice(talk, holder);
    refreshSoon();
    return;
  }
  talk.notice = api.sentence(error);
  talk.noticeMore = '';
}

function notice(talk: Talk, holder: Holder): void {
  talk.noticeMore = '';
  if (holder.kind === 'agent') {
    if (holder.agent?.id === desk.me?.id) {
      talk.notice = ''; // claimed by us in another tab
      return;
    }
    talk.notice = t('takenBy', { name: holder.agent?.name ?? '' });
    talk.noticeMore = t('takenMore');
  } else {
    talk.notice = t(holder.kind === 'bot' ? 'movedBot' : holder.kind === 'queue' ? 'movedQueue' : 'movedNone');
  }
}

// ---- writing

export function setDraft(id: string, text: string): void {
  if (text) desk.drafts[id] = text;
  else delete desk.drafts[id];
  if (desk.me) keep('drafts.' + desk.me.id, Object.keys(desk.drafts).length ? JSON.stringify(desk.drafts) : null, 'session');
  change();
}

let typedAt = 0;
let typing: Talk | null = null;

// typed tells the merchant that somebody writes, at most every four seconds.
export function typed(talk: Talk, on: boolean): void {
  if (!on) {
    if (typing === talk) void api.typing(talk.id, false).catch(() => null);
    typing = null;
    typedAt = 0;
    return;
  }
  if (typing === talk && Date.now() - typedAt < 4_000) return;
  typing = talk;
  typedAt = Date.now();
  void api.typing(talk.id, true).catch(() => null);
}

// sendPicture sends a picture as a line of its own, in order with the words.
export function sendPicture(talk: Talk, image: Blob): void {
  talk.pending = [...talk.pending, { cid: uuid(), text: '', at: api.serverNow(), state: 'waiting', image, url: URL.createObjectURL(image) }];
  change();
  void post(talk);
}

export function send(talk: Talk, text: string): void {
  typing = null;
  const clean = text.trim();
  if (!clean || clean.length > LONGEST) return;
  talk.pending = [...talk.pending, { cid: uuid(), text: clean, at: api.serverNow(), state: 'waiting' }];
  setDraft(talk.id, '');
  void post(talk);
}

export function sendAgain(talk: Talk, pending: Pending): void {
  pending.state = 'waiting';
  pending.why = undefined;
  change();
  void post(talk);
}

export function takeBack(talk: Talk, pending: Pending): void {
  talk.pending = talk.pending.filter((p) => p !== pending);
  if (pending.url) URL.revokeObjectURL(pending.url);
  setDraft(talk.id, [pending.text, desk.drafts[talk.id] ?? ''].filter(Boolean).join('\n'));
  desk.wantComposer++;
  change();
}

function pump(): void {
  for (const talk of desk.talks.values()) if (talk.pending.length) void post(talk);
}

const posting = new Set<string>();

// post sends a conversation's waiting replies one after the other, so they
// arrive in the order they were written.
async function post(talk: Talk): Promise<void> {
  if (posting.has(talk.id)) return;
  posting.add(talk.id);
  const now = session;
  try {
    for (;;) {
      const next = talk.pending.find((p) => p.state === 'waiting');
      if (!next || !talk.row || now !== session) return;
      if (hold(talk.row) !== 'me') {
        for (const p of talk.pending) if (p.state === 'waiting') Object.assign(p, { state: 'failed', why: talk.notice });
        change();
        return;
      }
      next.state = 'sending';
      change();
      try {
        const done = next.image
          ? await api.picture(talk.id, next.cid, talk.row.epoch, next.image)
          : await api.say(talk.id, next.cid, next.text, talk.row.epoch);
        if (now !== session) return;
        if (done.epoch) talk.row = { ...talk.row, epoch: Math.max(talk.row.epoch, done.epoch) };
        next.id = done.id;
        if (talk.events.some((ev) => ev.id === done.id)) talk.pending = talk.pending.filter((p) => p !== next);
        else if (desk.link !== 'live') await catchUp();
        change();
      } catch (error) {
        if (now !== session) return;
        if (error instanceof api.Failure && error.status === 0) {
          next.state = 'waiting'; // not known whether it arrived: the same cid goes again
          change();
          if (desk.link === 'live') setTimeout(pump, 3_000);
          return;
        }
        next.state = 'failed';
        refused(talk, error);
        next.why = talk.notice;
        if (!(error as api.Failure).lost) talk.notice = '';
        change();
      }
    }
  } finally {
    posting.delete(talk.id);
  }
}

// ---- settings

export function setSound(on: boolean): void { keep('sound', on ? 'on' : 'off'); change({ sound: on }); }
export function setKeys(on: boolean): void { keep('keys', on ? 'on' : 'off'); change({ keys: on }); }
export function setEnter(on: boolean): void { keep('send', on ? 'enter' : 'ctrl'); change({ enterSends: on }); }

// ---- small things

function parsed(text: string | null): Record<string, any> {
  try {
    const value = JSON.parse(text ?? '{}');
    return value && typeof value === 'object' ? value : {};
  } catch {
    return {};
  }
}

// A UUID whose first half is the time: ids that are near in time are stored near each other. Plain http has no randomUUID either.
export function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  const at = Date.now();
  for (let i = 0; i < 6; i++) b[i] = Math.floor(at / 2 ** (40 - 8 * i)) % 256;
  b[6] = (b[6]! & 0x0f) | 0x70;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = Array.from(b, (n) => n.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
