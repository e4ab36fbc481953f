// What stays in the browser: the token, the draft, the language. Storage may be absent or throw (private windows,
// sandboxed frames); then the page's memory is used. Nothing is written before the visitor opens the chat.

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

export function newID(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const b = crypto.getRandomValues(new Uint8Array(16)) // pages on plain http have no randomUUID
  b[6] = (b[6]! & 15) | 64
  b[8] = (b[8]! & 63) | 128
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
