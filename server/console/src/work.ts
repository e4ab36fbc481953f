// What stands beside the chat: notes, suggestions, the merchant's record,
// earlier troubles, canned replies and colleagues. Each is fetched when it is
// looked at and says when it could not be.
import * as api from './api';
import { ring, notify } from './bell';
import { uuid } from './desk';
import { keep } from './keep';
import { serves } from './settings/pages';
import { change, desk, type Got, type Helper, type Talk } from './state';
import { t } from './texts';
import type { Canned, Note, Suggestion } from './types';

// fetched fills a Got, once at a time. What was there stays until something newer comes.
async function fetched<T>(got: Got<T>, from: () => Promise<T>): Promise<void> {
  if (got.loading) return;
  got.loading = true;
  got.error = '';
  change();
  try {
    got.data = await from();
    got.at = Date.now();
  } catch (error) {
    got.error = api.sentence(error);
  }
  got.loading = false;
  change();
}

// ---- the desk and its people

let deskAt = 0;
let figuresAt = 0;
const HOUR = 3_600_000;

// forgetFigures lets the next who signs in see his own.
export function forgetFigures(): void {
  figuresAt = 0;
  desk.today = desk.hour = null;
}

// loadDesk asks how the desk stands, at most every 20 s unless something happened.
export async function loadDesk(now = false): Promise<boolean> {
  if (!serves(desk.me?.role)) return true; // is not at the desk
  if (!now && Date.now() - deskAt < 20_000) return true;
  deskAt = Date.now();
  try {
    desk.now = await api.deskNow();
    change();
    if (Date.now() - figuresAt > 60_000) {
      figuresAt = Date.now();
      const me = desk.me?.id;
      const [today, hour] = await Promise.all([api.figures(), api.figures(Math.round(api.serverNow()) - HOUR)]);
      if (me !== desk.me?.id) return true;
      desk.today = today.agents?.find((it) => it.agent.id === me) ?? null;
      desk.hour = hour.queues?.find((it) => it.skill === '') ?? null;
      change();
    }
  } catch (error) {
    return !(error instanceof api.Failure && error.status === 0);
  }
  return true;
}

export async function loadColleagues(): Promise<void> {
  try {
    desk.colleagues = (await api.colleagues()).agents ?? [];
    change();
  } catch {
    // the dialog offers the queue all the same
  }
}

// ---- notes

export async function loadNotes(talk: Talk): Promise<void> {
  try {
    const got = (await api.notes(talk.id)).notes ?? [];
    const waiting = talk.notes.filter((n) => (n.pending || n.failed) && !got.some((it) => it.id === n.id));
    talk.notes = [...got, ...waiting];
    change();
  } catch {
    // they come with the next note or the next opening
  }
}

export async function addNote(talk: Talk, text: string): Promise<void> {
  const clean = text.trim();
  if (!clean || !desk.me) return;
  await saveNote(talk, { id: uuid(), at: api.serverNow(), agent: { id: desk.me.id, name: desk.me.display || desk.me.name }, text: clean, mentions: [] });
}

export async function saveNote(talk: Talk, note: Note): Promise<void> {
  const put = (it: Note): void => {
    talk.notes = [...talk.notes.filter((n) => n.id !== note.id), it].sort((a, b) => a.at - b.at);
    change();
  };
  put({ ...note, pending: true, failed: false });
  try {
    put(await api.note(talk.id, note.id, note.text));
  } catch {
    put({ ...note, pending: false, failed: true });
  }
}

export function dropNote(talk: Talk, note: Note): void {
  talk.notes = talk.notes.filter((n) => n !== note);
  change();
}

// mentioned is a note of a colleague: of the open conversation, or one that names us.
export async function mentioned(conv: string, us: boolean, by: string): Promise<void> {
  const talk = desk.talks.get(conv);
  if (talk) await loadNotes(talk);
  if (!us || desk.open === conv && document.visibilityState === 'visible') return;
  ring();
  notify(t('notifyMention', { name: by }), talk?.row?.topic || t('noTopic'), conv);
  change({ toast: { text: t('mentionedYou', { name: by }), open: conv } });
}

// ---- suggestions

export const loadSuggestions = (talk: Talk): Promise<void> =>
  fetched(talk.suggested, async () => (await api.suggestions(talk.id)).suggestions ?? []);

let soon = 0;
// refreshSuggestions follows what the merchant writes, when suggestions are being looked at or used.
export function refreshSuggestions(talk: Talk): void {
  if (!talk.suggested.at || talk.id !== desk.open) return;
  clearTimeout(soon);
  soon = window.setTimeout(() => void loadSuggestions(talk), 600);
}

export function judge(talk: Talk, it: Suggestion, use: 'insert' | 'edit' | 'unfit'): void {
  if (use === 'unfit') talk.suggested.data = (talk.suggested.data ?? []).filter((s) => s !== it);
  change();
  api.judge(talk.id, it.article, use)
    .then(() => { if (use === 'unfit') void loadSuggestions(talk); })
    .catch((error) => change({ toast: { text: api.sentence(error) } }));
}

// ---- record and earlier troubles

export const loadPanel = (talk: Talk, refresh = false): Promise<void> => fetched(talk.panel, () => api.merchant(talk.id, refresh));
export const loadPast = (talk: Talk): Promise<void> => fetched(talk.past, () => api.earlier(talk.id));

// ---- canned replies

const OLD = 60_000;

export async function loadCanned(): Promise<void> {
  if (desk.canned.data && Date.now() - desk.canned.at < OLD) return;
  await fetched(desk.canned, async () => (await api.canned()).canned ?? []);
}

// filled puts what is known into a canned reply's variables; {{ 商户 }} is as good as {{商户}}.
export function filled(text: string, talk: Talk): string {
  const values: Record<string, string> = {
    商户: talk.card?.merchant?.name || (talk.row?.verified ? talk.row.title : '') || t('fillMerchant'),
    客服: desk.me?.display || desk.me?.name || '',
    问题: talk.row?.topic || t('fillTopic'),
    工单: talk.card?.ticket?.no || talk.row?.ticket?.no || '',
    应答码: (talk.card?.codes ?? talk.row?.codes ?? [])[0] ?? '',
  };
  return text.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (all, name: string) => values[name] ?? all);
}

// matching are the canned replies for what was typed behind the slash.
export function matching(all: Canned[], typed: string): Canned[] {
  const want = typed.toLowerCase();
  const score = (it: Canned): number => {
    const path = it.path.toLowerCase(), title = it.title.toLowerCase();
    if (!want) return 1;
    if (path.startsWith(want) || title.startsWith(want)) return 4;
    if (path.split('/').some((part) => part.startsWith(want))) return 3;
    if (path.includes(want) || title.includes(want)) return 2;
    return it.text.toLowerCase().includes(want) ? 1 : 0;
  };
  return all.map((it) => ({ it, s: score(it) })).filter(({ s }) => s > 0).sort((a, b) => b.s - a.s).map(({ it }) => it);
}

// ---- what is shown, and told

export function showHelper(helper: Helper): void { change({ helper }); }

export function setNotify(on: boolean): void {
  if (!on) {
    keep('notify', 'off');
    return change({ notify: false });
  }
  if (typeof Notification === 'undefined') return change({ toast: { text: t('notifyNone') } });
  // Asked for by a press of a button, never by itself.
  void Notification.requestPermission().then((answer) => {
    const yes = answer === 'granted';
    keep('notify', yes ? 'on' : 'off');
    change({ notify: yes, toast: yes ? null : { text: t('notifyRefused') } });
  });
}

export function setWriting(talk: Talk, note: boolean): void {
  const { [talk.id]: _, ...rest } = desk.writing;
  change({ writing: note ? { ...rest, [talk.id]: 'note' } : rest, wantComposer: desk.wantComposer + 1 });
}
