// Single-key shortcuts: J K C R E ? and Esc. Enter needs nothing, since J and K
// move the real focus. They are off in fields, dialogs and menus, while a word
// is being composed, and when the agent turns them off (WCAG 2.1.4).
import { act, open } from './desk';
import { settingsPage } from './settings/pages';
import { change, desk, hold, opened } from './state';

export function listenToKeys(): void {
  document.addEventListener('keydown', pressed);
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.metaKey || event.altKey || desk.phase !== 'ready' || desk.dialog || settingsPage()) return;
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

function run(key: string): boolean {
  const talk = opened();
  const held = talk?.row ? hold(talk.row) : null;
  switch (key) {
    case 'j': return step(1);
    case 'k': return step(-1);
    case 'c':
      if (!talk || (held !== 'queue' && held !== 'bot')) return false;
      void act(talk, 'claim');
      return true;
    case 'r': {
      const field = document.getElementById('composer');
      field?.focus();
      return !!field;
    }
    case 'e':
      if (held !== 'me') return false;
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
