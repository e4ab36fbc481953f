// Shortcuts. Those with Ctrl and Alt work everywhere; single keys are off in
// fields, dialogs and menus, while a word is being composed, and when the agent
// turns them off (WCAG 2.1.4). Enter needs nothing, since J and K move the real
// focus.
import { act, open, setTab } from './desk';
import { use } from './helper';
import { pagesFor, settingsPage } from './settings/pages';
import { change, desk, hold, offered, opened, unread } from './state';
import type { Tab } from './types';
import { loadSuggestions, setWriting, showHelper } from './work';

let went = 0; // when G was pressed, which waits for a second key

export function listenToKeys(): void {
  document.addEventListener('keydown', pressed);
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (desk.phase !== 'ready' || desk.me?.must_change) return;
  if (settingsPage()) return away(event);
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k' && (!desk.dialog || desk.dialog === 'palette')) {
    event.preventDefault();
    return change({ dialog: desk.dialog ? '' : 'palette' });
  }
  if (desk.dialog) return;
  if (event.altKey && !event.ctrlKey && !event.metaKey && withAlt(event)) return event.preventDefault();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target as HTMLElement;
  const inField = !!target.closest?.('input, textarea, select, [contenteditable=true]');

  if (event.key === 'Escape') {
    if (inField) target.blur();
    else if (desk.toast) change({ toast: null });
    else if (desk.open) back();
    else return;
    event.preventDefault();
    return;
  }
  if (inField || !desk.keys || event.repeat && !/^[jk]$/i.test(event.key)) return;
  if (run(event.key.toLowerCase())) event.preventDefault();
}

function withAlt(event: KeyboardEvent): boolean {
  if (event.key === 'ArrowUp' || event.key === 'ArrowDown') return stepUnread(event.key === 'ArrowUp' ? -1 : 1);
  const digit = /^Digit([123])$/.exec(event.code)?.[1] ?? /^([123])$/.exec(event.key)?.[1];
  const talk = opened();
  if (!digit || !talk) return false;
  const it = talk.suggested.data?.[Number(digit) - 1];
  if (it) use(talk, it, 'insert');
  else if (!talk.suggested.at) {
    showHelper('suggest');
    void loadSuggestions(talk);
  }
  return true;
}

// stepUnread opens the next conversation that waits for this agent.
function stepUnread(by: number): boolean {
  const ids = new Set<string>();
  const rows = [...desk.lists.mine.rows, ...desk.lists.queued.rows].filter((row) => (unread(row) || row.id === desk.open) && !ids.has(row.id) && ids.add(row.id));
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.id === desk.open);
  const next = rows[at < 0 ? 0 : (at + by + rows.length) % rows.length]!;
  if (next.id !== desk.open) open(next.id);
  return true;
}

const LISTS: Record<string, Tab> = { q: 'queued', m: 'mine', d: 'due', b: 'bot', c: 'closed' };

// away is G and a letter in the settings, which go back to a list.
function away(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (!desk.keys || desk.dialog || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (target.closest?.('input, textarea, select, [contenteditable=true], dialog')) return;
  const key = event.key.toLowerCase();
  const tab = Date.now() - went < 1_500 ? LISTS[key] : undefined;
  went = key === 'g' ? Date.now() : 0;
  if (!tab) return;
  event.preventDefault();
  location.hash = `#/${tab}${desk.open ? '/' + encodeURIComponent(desk.open) : ''}`;
  setTimeout(() => document.getElementById('tab-' + tab)?.focus(), 50);
}

function run(key: string): boolean {
  const talk = opened();
  if (Date.now() - went < 1_500) {
    went = 0;
    const tab = LISTS[key];
    if (tab) {
      setTab(tab);
      document.getElementById('tab-' + tab)?.focus();
      return true;
    }
    if (key === 's' && pagesFor(desk.me?.role).length) {
      location.hash = '#/settings';
      return true;
    }
  }
  const held = talk?.row ? hold(talk.row) : null;
  switch (key) {
    case 'j': return step(1);
    case 'k': return step(-1);
    case 'c':
      if (!talk?.row || desk.me?.readonly || (held !== 'queue' && held !== 'bot' && !offered(talk.row))) return false;
      void act(talk, 'claim');
      return true;
    case 'g':
      went = Date.now();
      return true;
    case 'n':
      if (!talk?.row || desk.me?.readonly) return false;
      setWriting(talk, true);
      return true;
    case 't':
    case 'h':
      if (held !== 'me' || desk.me?.readonly) return false;
      change({ dialog: key === 't' ? 'transfer' : 'hold' });
      return true;
    case 'r': {
      if (talk && held === 'me' && desk.writing[talk.id]) setWriting(talk, false);
      const field = document.getElementById('composer');
      field?.focus();
      return !!field;
    }
    case 'e':
      if (held !== 'me' || desk.me?.readonly) return false;
      change({ dialog: 'end' });
      return true;
    case '?':
    case '？':
      change({ dialog: 'help' });
      return true;
  }
  return false;
}

function step(by: number): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('.row')];
  if (!rows.length) return false;
  const focused = rows.indexOf(document.activeElement as HTMLElement);
  const from = focused >= 0 ? focused : rows.findIndex((row) => row.dataset.id === desk.open);
  const to = rows[from < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + by))]!;
  if (to.offsetParent === null) open(to.dataset.id!); // one pane: the list is hidden
  else {
    to.focus();
    to.scrollIntoView({ block: 'nearest' });
  }
  return true;
}

// back closes the conversation and puts the focus on its row.
function back(): void {
  const id = desk.open;
  open('');
  requestAnimationFrame(() => requestAnimationFrame(() => {
    [...document.querySelectorAll<HTMLElement>('.row')].find((row) => row.dataset.id === id)?.focus();
  }));
}
