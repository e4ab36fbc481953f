import type { ChatEvent } from '../events'
import { isKnown } from '../events'
import type { Store } from '../store'
import type { Texts as ChatTexts } from '../texts'
import type { Texts } from './texts'

/** Gives the visitor the whole talk as a text file, as the server has stored it: masked. */
export async function save(store: Store, t: ChatTexts, m: Texts): Promise<void> {
  let all: ChatEvent[] = []
  for (let before = 0, more = true; more; before = all[0]?.id ?? 0) {
    const page = await store.call<{ events: ChatEvent[]; more: boolean }>('GET', `/history?limit=200${before ? `&before=${before}` : ''}`)
    all = [...page.events.filter(isKnown), ...all]
    more = page.more && page.events.length > 0
  }
  const title = store.state.config?.title || t.title
  const lines = all.flatMap((ev) => {
    const words = wordsOf(ev, m)
    return words ? [`[${stamp(ev.ts)}] ${speaker(ev, t)}${words}`] : []
  })
  const blob = new Blob(['\ufeff', m.saved(title, stamp(Date.now())), '\r\n\r\n', lines.join('\n').replace(/\n/g, '\r\n'), '\r\n'], { type: 'text/plain;charset=utf-8' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `${m.savedName}-${stamp(Date.now()).slice(0, 10)}.txt`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

function wordsOf(ev: ChatEvent, m: Texts): string {
  switch (ev.type) {
    case 'diag':
      return [ev.title, ev.cause, ev.impact, ...(ev.steps ?? []).map((s, i) => `${i + 1}. ${s}`), ev.lifted_by].filter(Boolean).join('\n')
    case 'ticket':
      return `${m.ticketNo} ${ev.no} ${m.ticketStatus(ev.status)} ${ev.title}`
    case 'rated':
      return ev.text || m.ratings[(ev.score ?? 0) - 1] || ''
    case 'message':
      return ev.text + (ev.choices?.length ? ` (${ev.choices.map((c) => c.text).join(' / ')})` : '')
    default:
      return ev.text ?? ''
  }
}

function speaker(ev: ChatEvent, t: ChatTexts): string {
  if (ev.type === 'diag' || ev.type === 'ticket') return `${t.bot}: `
  if (ev.type === 'rated') return `${t.you}: `
  if (ev.type !== 'message' || ev.from === 'system') return ''
  return `${ev.from === 'user' ? t.you : ev.from === 'agent' ? (ev.name ? t.agentName(ev.name) : t.agent) : t.bot}: `
}

/** 2026-11-26 14:05, by the visitor's clock. */
function stamp(ms: number): string {
  const d = new Date(ms)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`
}
