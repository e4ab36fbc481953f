// What the views show: events by id, what is not yet acknowledged, who holds the conversation, the connection.

import type { ActName, ChatEvent, Choice, Config, Frame, Holder, WireError } from './events'
import { keep, kept, newID } from './keep'
import { createWire, type Host, type Wire, type WireOptions } from './wire'

/** Something the visitor sent that has not come back as an event. */
export interface Pending {
  cid: string
  frame: Frame
  /** What the bubble shows; null for an act without words. */
  text: string | null
  state: 'sending' | 'sent' | 'failed'
  /** When it was last handed to the wire, ms. */
  at: number
  /** The server's reason, when it gave one. */
  why?: string
  /** The event's id once acknowledged. */
  id?: number
}

export interface State {
  phase: 'loading' | 'ready' | 'expired' | 'refused'
  why: string
  config: Config | null
  events: readonly ChatEvent[]
  more: boolean
  pending: readonly Pending[]
  holder: Holder
  typing: 'bot' | 'agent' | null
  link: 'up' | 'down' | 'replaced'
  /** Since when the link is down, ms; 0 when it is up. */
  downSince: number
  /** Sending is allowed again at, ms. */
  limitedUntil: number
  unread: number
}

const giveUpAfter = 30_000
const typingFor = 8_000
const maxTopicsKept = 6

const fresh = (): State => ({
  phase: 'loading',
  why: '',
  config: null,
  events: [],
  more: false,
  pending: [],
  holder: { mode: 'bot', queue: null, agent: null },
  typing: null,
  link: 'down',
  downSince: Date.now(),
  limitedUntil: 0,
  unread: 0,
})

export class Store implements Host {
  state: State = fresh()
  private readonly listeners = new Set<() => void>()
  readonly wire: Wire
  private typingTimer = 0
  private draftTimer = 0
  private watchTimer = 0
  private watching = false
  private seen = 0

  constructor(private readonly options: WireOptions) {
    this.wire = createWire(options, this)
  }

  subscribe(fn: () => void): () => void {
    this.listeners.add(fn)
    return () => this.listeners.delete(fn)
  }

  start(): void {
    if (this.watchTimer) return
    this.set({ downSince: Date.now() })
    this.watchTimer = window.setInterval(this.giveUp, 1000)
    this.wire.start()
  }

  stop(): void {
    clearInterval(this.watchTimer)
    this.watchTimer = 0
    this.wire.stop()
  }

  retryNow(): void {
    this.set({ link: 'down', downSince: Date.now() })
    this.wire.retryNow()
  }

  /** Leaves nothing of this visitor behind. */
  reset(): void {
    this.stop()
    this.wire.forget()
    for (const name of ['draft', 'live']) keep(this.options.site, name, '')
    this.seen = 0
    this.set(fresh())
  }

  restart(): void {
    if (this.state.phase === 'expired') this.reset()
    else this.stop()
    this.set({ phase: 'loading', why: '' })
    this.start()
  }

  /** Whether the visitor sees the log; what arrives otherwise counts as unread. */
  watch(on: boolean): void {
    this.watching = on
    if (on) this.set({ unread: 0 })
  }

  older(): Promise<void> {
    const first = this.state.events[0]
    return first ? this.wire.older(first.id) : Promise.resolve()
  }

  // --- what the visitor does

  say(text: string): void {
    const cid = newID()
    this.push({ t: 'msg', cid, text }, text)
  }

  choose(choice: Choice): void {
    const cid = newID()
    this.push({ t: 'act', cid, name: 'choose', choice: choice.id }, choice.text)
  }

  act(name: ActName, text?: string): void {
    const cid = newID()
    this.push(text === undefined ? { t: 'act', cid, name } : { t: 'act', cid, name, text }, text ?? null)
  }

  retry(cid: string): void {
    const p = this.state.pending.find((x) => x.cid === cid)
    if (!p || p.state !== 'failed' || Date.now() < this.state.limitedUntil) return
    this.patch(cid, { state: 'sending', at: Date.now(), why: undefined })
    if (this.state.link === 'up') this.wire.send(p.frame)
    else this.wire.retryNow()
  }

  private push(frame: Frame, text: string | null): void {
    frame.ctx = this.options.context?.()
    const p: Pending = { cid: frame.cid, frame, text, state: 'sending', at: Date.now() }
    this.set({ pending: [...this.state.pending, p] })
    this.wire.send(frame)
  }

  get draft(): string {
    return kept(this.options.site, 'draft')
  }

  keepDraft(text: string): void {
    clearTimeout(this.draftTimer)
    this.draftTimer = window.setTimeout(() => keep(this.options.site, 'draft', text.slice(0, 4000)), text ? 300 : 0)
  }

  // --- what the wire tells

  last(): number {
    return this.seen
  }

  unacked(): Frame[] {
    const frames: Frame[] = []
    const at = Date.now()
    const pending = this.state.pending.map((p) => {
      if (p.state !== 'sending') return p
      frames.push(p.frame)
      return { ...p, at }
    })
    if (frames.length) this.set({ pending })
    return frames
  }

  configured(config: Config): void {
    this.set({ phase: 'ready', config: { ...config, topics: (config.topics ?? []).slice(0, maxTopicsKept) } })
  }

  drop(): void {
    this.seen = 0
    this.set({ events: [], more: false })
  }

  events(list: ChatEvent[]): void {
    const news = list.filter((e) => e.id > this.seen)
    if (!news.length) return
    this.seen = news[news.length - 1]!.id
    const foreign = news.filter((e) => !(e.type === 'message' && e.from === 'user')).length
    this.set({
      events: [...this.state.events, ...news],
      pending: this.settle(news),
      typing: foreign ? null : this.state.typing,
      unread: this.watching ? 0 : this.state.unread + foreign,
    })
  }

  page(list: ChatEvent[], more: boolean): void {
    const byID = new Map<number, ChatEvent>()
    for (const e of list) byID.set(e.id, e)
    for (const e of this.state.events) byID.set(e.id, e)
    const events = [...byID.values()].sort((a, b) => a.id - b.id)
    this.seen = Math.max(this.seen, events.length ? events[events.length - 1]!.id : 0)
    this.set({ events, more, pending: this.settle(list) })
  }

  /** Pending less what has come back as an event. */
  private settle(news: ChatEvent[]): Pending[] {
    const cids = new Set(news.map((e) => (e.type === 'message' ? e.cid : undefined)))
    return this.state.pending.filter((p) => !cids.has(p.cid) && !(p.id && p.id <= this.seen))
  }

  holder(holder: Holder): void {
    this.set({ holder })
    // The loader looks at this on the next page: someone who waits for a person must not miss them.
    keep(this.options.site, 'live', holder.mode === 'queue' || holder.mode === 'agent' ? String(Date.now()) : '')
  }

  acked(cid: string, id: number): void {
    const p = this.state.pending.find((x) => x.cid === cid)
    if (!p) return
    if (p.text === null || (id && id <= this.seen)) this.set({ pending: this.state.pending.filter((x) => x !== p) })
    else this.patch(cid, { state: 'sent', id })
  }

  refused(err: WireError): void {
    const limited = err.code === 'rate_limited'
    if (limited) this.set({ limitedUntil: Date.now() + (err.retry_ms ?? 10_000) })
    if (err.cid) this.patch(err.cid, { state: 'failed', why: limited ? undefined : err.message })
  }

  typing(who: 'bot' | 'agent', on: boolean): void {
    clearTimeout(this.typingTimer)
    this.set({ typing: on ? who : null })
    if (on) this.typingTimer = window.setTimeout(() => this.set({ typing: null }), typingFor)
  }

  link(link: 'up' | 'down' | 'replaced'): void {
    if (link === 'up') this.set({ link, downSince: 0 })
    else this.set({ link, downSince: this.state.downSince || Date.now(), typing: null })
  }

  over(why: 'expired' | 'refused', message: string): void {
    clearInterval(this.watchTimer)
    this.watchTimer = 0
    // Nothing private stays on the screen once we do not know who looks at it.
    if (why === 'expired') this.drop()
    this.set({ phase: why, why: message, link: 'down', pending: why === 'expired' ? [] : this.state.pending })
  }

  private readonly giveUp = (): void => {
    const now = Date.now()
    const late = (p: Pending) => p.state === 'sending' && now - p.at > giveUpAfter
    if (this.state.pending.some(late)) {
      this.set({ pending: this.state.pending.map((p) => (late(p) ? { ...p, state: 'failed' as const } : p)) })
    }
  }

  private patch(cid: string, change: Partial<Pending>): void {
    this.set({ pending: this.state.pending.map((p) => (p.cid === cid ? { ...p, ...change } : p)) })
  }

  private set(change: Partial<State>): void {
    this.state = { ...this.state, ...change }
    for (const fn of this.listeners) fn()
  }
}
