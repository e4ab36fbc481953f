import type { Texts } from '../texts'

const two = (n: number): string => String(n).padStart(2, '0')

/** 14:05, with the date when it is not today. Shown in the visitor's own time zone. */
export function clockTime(ms: number, t: Texts): string {
  const d = new Date(ms)
  if (isNaN(d.getTime())) return ''
  const clock = `${two(d.getHours())}:${two(d.getMinutes())}`
  return isSameDay(ms, Date.now()) ? clock : `${dayName(ms, t)} ${clock}`
}

export function dayName(ms: number, t: Texts): string {
  const now = Date.now()
  if (isSameDay(ms, now)) return t.today
  if (isSameDay(ms, now - 86_400_000)) return t.yesterday
  const d = new Date(ms)
  const sameYear = d.getFullYear() === new Date(now).getFullYear()
  return d.toLocaleDateString(t.locale, sameYear ? { month: 'long', day: 'numeric' } : { year: 'numeric', month: 'long', day: 'numeric' })
}

export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}
