// What is remembered on this computer. Storage may be forbidden; then it is
// remembered as long as the page is open.

const PREFIX = 'posdoctor.console.';
const memory = new Map<string, string>();

export function kept(name: string, where: 'local' | 'session' = 'local'): string | null {
  try {
    return (where === 'local' ? localStorage : sessionStorage).getItem(PREFIX + name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function keep(name: string, value: string | null, where: 'local' | 'session' = 'local'): void {
  if (value === null) memory.delete(name);
  else memory.set(name, value);
  try {
    const store = where === 'local' ? localStorage : sessionStorage;
    if (value === null) store.removeItem(PREFIX + name);
    else store.setItem(PREFIX + name, value);
  } catch {
    // memory has it
  }
}
