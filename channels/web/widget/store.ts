// What the views show: events by id, what is not yet acknowledged, who holds the conversation, the connection.

import type { ActName, ChatEvent, Choice, Config, Frame, Holder, WireError } from './events'
import { keep, kept, newID, tabKeep, tabKept } from './keep'
import { createWire, type Host, type Wire, type WireOptions } from './wire'

/** A picture on its way, or one that the server has. */
export interface Picture {
  /** Of this page, to look at. */
  url: string
  name: string
  /** 0..1; absent once the server has it all. */
  progress?: number
}

/** Something the visitor sent that has not come back as an event. */
export interface Pending {
  cid: string
  /** Absent for a picture, which goes another way. */
  frame?: Frame
  picture?: Picture
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
const unsentFor = 3_600_000 // a line that a reload cut off goes out by itself for so long
const maxTopicsKept = 6
const mostHeld = 200

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
  private readTimer = 0
  private watching = false
  private seen = 0
  private readTo = 0
  private conv = ''
  /** Pictures that are being sent, by cid: send begins anew, cancel gives up. */
  private readonly uploads = new Map<string, { send(): void; cancel(): void }>()

  constructor(private readonly options: WireOptions) {
    this.wire = createWire(options, this)
  }

  get site(): string {
    return this.options.site
  }

  subscribe(fn: () => void): () => void {
    this.listeners.add(fn)
    return () => this.listeners.delete(fn)
  }

  start(): void {
    if (this.watchTimer) return
    this.set({ downSince: Date.now() })
    this.watchTimer = window.setInterval(this.giveUp, 1000)
    document.addEventListener('visibilitychange', this.look)
    this.wire.start()
  }

  stop(): void {
    clearInterval(this.watchTimer)
    clearTimeout(this.draftTimer) // who has left writes no more
    this.watchTimer = 0
    document.removeEventListener('visibilitychange', this.look)
    this.wire.stop()
  }

  retryNow(): void {
    this.set({ link: 'down', downSince: Date.now() })
    this.wire.retryNow()
  }

  /** Ends it for good: nothing is written any more. */
  leave(): void {
    this.stop()
    this.conv = ''
    for (const u of this.uploads.values()) u.cancel()
  }

  /** Leaves nothing of this visitor behind. */
  reset(): void {
    this.leave()
    this.wire.forget()
    for (const name of ['draft', 'live']) keep(this.options.site, name, '')
    tabKeep(this.site, '')
    this.seen = this.readTo = 0
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
    this.look()
  }

  /** Whether what comes now is seen by somebody. */
  get watched(): boolean {
    return this.watching && !document.hidden
  }

  /** What is in sight is read; the server keeps the mark for all tabs. */
  private readonly look = (): void => {
    if (!this.watched) return
    if (this.state.unread) this.set({ unread: 0 })
    clearTimeout(this.readTimer)
    if (this.seen > this.readTo && this.state.link === 'up') {
      this.readTimer = window.setTimeout(() => {
        if (!this.watched) return
        this.readTo = this.seen
        this.wire.read(this.seen)
      }, 400)
    }
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

  rate(score: number, solved: boolean | undefined, text: string): void {
    const cid = newID()
    this.push({ t: 'act', cid, name: 'csat', score, ...(solved === undefined ? {} : { solved }), ...(text ? { text } : {}) }, null)
  }

  retry(cid: string): void {
    const p = this.state.pending.find((x) => x.cid === cid)
    if (!p || p.state !== 'failed' || Date.now() < this.state.limitedUntil) return
    this.patch(cid, { state: 'sending', at: Date.now(), why: undefined })
    if (!p.frame) this.uploads.get(cid)?.send()
    else if (this.state.link === 'up') this.wire.send(p.frame)
    else this.wire.retryNow()
  }

  /** Pictures of this page by cid, so that they need not be fetched again. */
  readonly own = new Map<string, string>()

  /** A picture goes out by a request of its own. */
  attach(cid: string, picture: Picture, upload: { send(): void; cancel(): void }): void {
    this.uploads.set(cid, upload)
    this.own.set(cid, picture.url)
    this.set({ pending: [...this.state.pending, { cid, picture, text: null, state: 'sending', at: Date.now() }] })
    upload.send()
  }

  /** How far a picture is, 0..1, or why it failed: "" for a line that broke; without a progress it is not worth another try. */
  uploading(cid: string, progress: number | undefined, why?: string): void {
    const p = this.state.pending.find((x) => x.cid === cid)
    if (p?.picture) this.patch(cid, { picture: { ...p.picture, progress }, at: Date.now(), ...(why === undefined ? {} : { state: 'failed', why }) })
  }

  cancelUpload(cid: string): void {
    this.uploads.get(cid)?.cancel()
    this.uploads.delete(cid)
    this.set({ pending: this.state.pending.filter((p) => p.cid !== cid) })
  }

  call<T>(method: string, path: string, signal?: AbortSignal): Promise<T> {
    return this.wire.call<T>(method, path, undefined, signal)
  }

  door(): { url: string; token: string } {
    return this.wire.door()
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
      // Words that failed for want of a line, and not because they were refused, go out with the next one. An act is of its moment.
      if (!p.frame || p.state === 'sent' || p.why !== undefined || (p.state === 'failed' && (p.frame.t !== 'msg' || at < this.state.limitedUntil))) return p
      frames.push(p.frame)
      return { ...p, state: 'sending' as const, at }
    })
    if (frames.length) this.set({ pending })
    return frames
  }

  configured(config: Config): void {
    this.set({ phase: 'ready', config: { ...config, topics: (config.topics ?? []).slice(0, maxTopicsKept) } })
  }

  /** Lines that a reload has cut off go out once more; those that had arrived come back with the history, and are settled by it. */
  opened(conv: string): void {
    // Who is somebody else now does not say what the one before wrote.
    const own = this.conv && this.conv !== conv && this.options.jwt ? [] : this.state.pending
    this.conv = conv
    let back: Pending[] = []
    try {
      const held = JSON.parse(tabKept(this.site)) as { of: string; at: number; frames: Frame[] }
      const late = Date.now() - held.at > unsentFor
      for (const f of held.of === conv ? held.frames : []) {
        if (f.t !== 'msg' || own.some((p) => p.cid === f.cid)) continue
        back.push({ cid: f.cid, frame: f, text: f.text, state: late ? 'failed' : 'sending', at: Date.now(), why: late ? '' : undefined })
      }
    } catch {
      back = [] // nothing is kept, or it is not ours
    }
    this.set({ pending: [...back, ...own] })
  }

  private hold(): void {
    const frames = this.state.pending.flatMap((p) => (p.frame?.t === 'msg' && p.state !== 'sent' && p.why === undefined ? [p.frame] : []))
    if (this.conv) tabKeep(this.site, frames.length ? JSON.stringify({ of: this.conv, at: Date.now(), frames }) : '')
  }

  drop(): void {
    this.seen = 0
    this.set({ events: [], more: false })
  }

  events(list: ChatEvent[]): void {
    const news = list.filter((e) => e.id > this.seen)
    if (!news.length) return
    this.seen = news[news.length - 1]!.id
    const foreign = news.filter((e) => e.type !== 'rated' && !(e.type === 'message' && e.from === 'user')).length
    this.set({
      events: [...this.state.events, ...news],
      pending: this.settle(news),
      typing: foreign ? null : this.state.typing,
      unread: this.watched ? 0 : this.state.unread + foreign,
    })
    this.look()
  }

  page(list: ChatEvent[], more: boolean): void {
    const byID = new Map<number, ChatEvent>()
    for (const e of list) byID.set(e.id, e)
    for (const e of this.state.events) byID.set(e.id, e)
    const events = [...byID.values()].sort((a, b) => a.id - b.id)
    this.seen = Math.max(this.seen, events.length ? events[events.length - 1]!.id : 0)
    this.set({ events, more, pending: this.settle(list) })
    this.look()
  }

  /** Lets go of what was long ago, which can be loaded again: a page that stays open for days must not grow. */
  trim(): void {
    if (this.state.events.length > 2 * mostHeld) this.set({ events: this.state.events.slice(-mostHeld), more: true })
  }

  /** Pending less what has come back as an event. */
  private settle(news: ChatEvent[]): Pending[] {
    const cids = new Set(news.map((e) => (e.type === 'message' ? e.cid : undefined)))
    return this.state.pending.filter((p) => !cids.has(p.cid) && !(p.id && p.id <= this.seen))
  }

  holder(holder: Holder): void {
    // The server counts for all tabs. A tab that is looked at has shown what it has, whatever the mark says yet.
    this.set({ holder, unread: this.watched ? 0 : (holder.unread ?? this.state.unread) })
    // The loader looks at this on the next page: someone who waits for a person must not miss them.
    keep(this.options.site, 'live', holder.mode === 'queue' || holder.mode === 'agent' ? String(Date.now()) : '')
  }

  acked(cid: string, id: number): void {
    const p = this.state.pending.find((x) => x.cid === cid)
    if (!p) return
    if ((p.text === null && !p.picture) || (id && id <= this.seen)) this.set({ pending: this.state.pending.filter((x) => x !== p) })
    else this.patch(cid, { state: 'sent', id })
  }

  refused(err: WireError): void {
    const limited = err.code === 'rate_limited'
    if (limited) this.set({ limitedUntil: Date.now() + (err.retry_ms ?? 10_000) })
    if (err.cid) this.patch(err.cid, { state: 'failed', why: limited ? undefined : (err.message ?? '') })
  }

  typing(who: 'bot' | 'agent', on: boolean): void {
    clearTimeout(this.typingTimer)
    this.set({ typing: on ? who : null })
    if (on) this.typingTimer = window.setTimeout(() => this.set({ typing: null }), typingFor)
  }

  link(link: 'up' | 'down' | 'replaced'): void {
    if (link === 'up') {
      this.set({ link, downSince: 0 })
      this.look()
      for (const p of this.state.pending) if (p.picture && p.state === 'failed' && p.why === undefined) this.retry(p.cid) // the line was cut under it
    } else this.set({ link, downSince: this.state.downSince || Date.now(), typing: null })
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
    const late = (p: Pending) => p.state === 'sending' && !p.picture && now - p.at > giveUpAfter
    if (this.state.pending.some(late)) {
      this.set({ pending: this.state.pending.map((p) => (late(p) ? { ...p, state: 'failed' as const } : p)) })
    }
  }

  private patch(cid: string, change: Partial<Pending>): void {
    this.set({ pending: this.state.pending.map((p) => (p.cid === cid ? { ...p, ...change } : p)) })
  }

  private set(change: Partial<State>): void {
    this.state = { ...this.state, ...change }
    if (change.pending) this.hold()
    for (const fn of this.listeners) fn()
  }
}
