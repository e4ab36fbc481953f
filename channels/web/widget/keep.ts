// What stays in the browser: the token, the draft, the language; in the tab, lines that were not sent. Storage may be absent or throw
// (private windows, sandboxed frames); then the page's memory is used. Nothing is written before the visitor opens the chat.

const memory = new Map<string, string>()

export function kept(site: string, name: string): string {
  const key = `posdoctor:${site}:${name}`
  try {
    const value = localStorage.getItem(key)
    if (value !== null) return value
  } catch {
    // fall through to memory
  }
  return memory.get(key) ?? ''
}

/** Keeps the value; an empty one removes it. */
export function keep(site: string, name: string, value: string): void {
  const key = `posdoctor:${site}:${name}`
  if (value) memory.set(key, value)
  else memory.delete(key)
  try {
    if (value) localStorage.setItem(key, value)
    else localStorage.removeItem(key)
  } catch {
    // memory has it
  }
}

/** What this tab holds over a reload. Other tabs see nothing of it; one that is a copy of this tab has a copy. */
export function tabKept(site: string): string {
  try {
    return sessionStorage.getItem(`posdoctor:${site}:unsent`) ?? ''
  } catch {
    return ''
  }
}

export function tabKeep(site: string, value: string): void {
  try {
    if (value) sessionStorage.setItem(`posdoctor:${site}:unsent`, value)
    else sessionStorage.removeItem(`posdoctor:${site}:unsent`)
  } catch {
    // a reload loses it
  }
}

/** Removes all that was kept for a site. */
export function wipe(site: string): void {
  memory.clear()
  tabKeep(site, '')
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(`posdoctor:${site}:`)) localStorage.removeItem(key)
  } catch {
    // there was only memory
  }
}

/** A UUID whose first half is the time: ids that are near in time are stored near each other. Plain http has no randomUUID either. */
export function newID(): string {
  const b = crypto.getRandomValues(new Uint8Array(16))
  const at = Date.now()
  for (let i = 0; i < 6; i++) b[i] = Math.floor(at / 2 ** (40 - 8 * i)) % 256
  b[6] = (b[6]! & 15) | 112
  b[8] = (b[8]! & 63) | 128
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
