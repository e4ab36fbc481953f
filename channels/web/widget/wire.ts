// The connection to the server: session, socket, long-poll, resume. It knows nothing of views; the store is its Host.
//
// Why not a library: the rules that keep messages (resume by id, resend by cid, one history reload on a gap) are the
// product, and they fit on a few screens.

import type { ChatEvent, Config, Frame, Holder, ServerFrame, Session, Welcome, WireError } from './events'
import { isKnown } from './events'
import { keep, kept } from './keep'

/** What the wire asks of and tells to the store. */
export interface Host {
  /** Highest event id held; 0 when none. */
  last(): number
  /** Frames without an acknowledgement, oldest first. */
  unacked(): Frame[]
  configured(config: Config): void
  /** Which conversation the session is for, before its history. */
  opened(conv: string): void
  /** Forget all events: another conversation or a gap. */
  drop(): void
  events(list: ChatEvent[]): void
  /** A page of history; more says that older events exist. */
  page(list: ChatEvent[], more: boolean): void
  holder(state: Holder): void
  acked(cid: string, id: number): void
  refused(err: WireError): void
  typing(who: 'bot' | 'agent', on: boolean): void
  link(state: 'up' | 'down' | 'replaced'): void
  /** The server will not talk to us; expired means a new start may help. */
  over(why: 'expired' | 'refused', message: string): void
}

export interface WireOptions {
  /** Where the server is, without a trailing slash; "" is this page's origin. */
  base: string
  site: string
  /** Gives the identity that the merchant portal signed; asked again when one was refused or has expired. */
  jwt?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** What the page says of its visitor without a signature, when it is new. */
  context?: (() => object | undefined) | undefined
}

const backOffBase = 500
const backOffMax = 30_000
const welcomeWithin = 10_000
const pongWithin = 10_000
const probeWithin = 3_000
const hiddenLong = 10_000
const pollWait = 25
const socketAgain = 120_000

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly err: WireError,
  ) {
    super(err.code)
  }
}

/** The visitor's end of the wire. */
export interface Wire {
  start(): void
  stop(): void
  /** The visitor asks for a connection now. */
  retryNow(): void
  /** Forget who the visitor is; the next start is a new conversation. */
  forget(): void
  /** Sends now if connected; else the frame goes out after the next welcome, because the host still holds it. */
  send(frame: Frame): void
  /** Loads the page of history before the given event. */
  older(before: number): Promise<void>
  /** All is shown up to this event; the server tells the other tabs. */
  read(upto: number): void
  /** Another request below /api/w/v1, with the visitor's token. */
  call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T>
  /** Where such requests go and what they bear, for those that are no JSON. */
  door(): { url: string; token: string }
}

/** Why closures and not a class: names of private members stay long in the built file, these do not. */
export function createWire(options: WireOptions, host: Host): Wire {
  let token = ''
  let conv = ''
  let epoch = ''
  let jwt = options.jwt
  const tab = Math.random().toString(36).slice(2, 6)

  let socket: WebSocket | null = null
  let welcomed = false
  let polling = false
  let pollTurn = 0
  let pollAbort: AbortController | null = null
  let connecting = false
  let stopped = true

  let tries = 0
  let upgradesFailed = 0
  let authFailed = 0
  let hiddenAt = 0
  let retryTimer = 0
  let beatTimer = 0
  let deadline = 0
  const posting = new Set<string>()
  let queue: Promise<void> = Promise.resolve()

  function start(): void {
    if (!stopped) return
    stopped = false
    addEventListener('online', wake)
    addEventListener('offline', gone)
    addEventListener('pageshow', wake)
    addEventListener('pagehide', hangUp) // a page kept for the way back would hold its line until the server misses it
    document.addEventListener('visibilitychange', visibility)
    document.addEventListener('resume', wake) // frozen by the browser, and back
    void connect()
  }

  function stop(): void {
    stopped = true
    removeEventListener('online', wake)
    removeEventListener('offline', gone)
    removeEventListener('pageshow', wake)
    removeEventListener('pagehide', hangUp)
    document.removeEventListener('visibilitychange', visibility)
    document.removeEventListener('resume', wake)
    hangUp()
  }

  function retryNow(): void {
    if (stopped) return start()
    tries = 0
    hangUp()
    void connect()
  }

  function forget(): void {
    keep(options.site, 'token', '')
    token = conv = epoch = ''
    authFailed = 0
    jwt = undefined
  }

  function send(frame: Frame): void {
    if (socket && welcomed) socket.send(JSON.stringify(frame))
    else if (polling && token) post(frame)
  }

  function read(upto: number): void {
    if (socket && welcomed) socket.send(JSON.stringify({ t: 'read', upto }))
    else if (polling && token) call('POST', '/send', { t: 'act', name: 'read', cid: `read-${upto}`, upto }).catch(() => undefined)
  }

  async function older(before: number): Promise<void> {
    const page = await call<{ events: ChatEvent[]; more: boolean }>('GET', `/history?before=${before}&limit=50`)
    host.page(page.events.filter(isKnown), page.more)
  }

  // --- getting a connection

  async function connect(): Promise<void> {
    if (stopped || connecting || socket) return
    clearTimeout(retryTimer)
    connecting = true
    try {
      if (!token) await open()
      if (stopped) return
      if (polling || typeof WebSocket === 'undefined') void poll()
      else dial()
    } catch (e) {
      failed(e)
    } finally {
      connecting = false
    }
  }

  /** Opens or resumes the session, and loads the history when there is one that we do not hold. */
  async function open(): Promise<void> {
    const site = options.site
    const resume = kept(site, 'token')
    const signed = jwt
    const ask = async (old?: string) => call<Session>('POST', '/session', { site, jwt: await signed?.(), resume: old })
    let s: Session
    try {
      s = await ask(resume || undefined)
    } catch (e) {
      if (!(resume || signed) || !(e instanceof Refusal) || (e.status !== 401 && e.status !== 403)) throw e
      keep(site, 'token', '')
      s = await ask()
    }
    if (stopped) return // a visitor who has left leaves no token
    keep(site, 'token', signed ? '' : s.token) // who is signed for is signed for again on the next page
    const same = s.conv === conv && s.epoch === epoch
    token = s.token
    conv = s.conv
    epoch = s.epoch
    if (!same) {
      host.drop()
      host.opened(conv)
      if (s.last > 0) await reload()
    }
    host.configured(s.config)
  }

  async function reload(): Promise<void> {
    host.drop()
    const page = await call<{ events: ChatEvent[]; more: boolean }>('GET', '/history?limit=50')
    host.page(page.events.filter(isKnown), page.more)
  }

  /** A request of connect went wrong: refused for good, or tried again later. */
  function failed(e: unknown): void {
    if (e instanceof Refusal && e.status >= 400 && e.status < 500 && e.status !== 408 && e.status !== 429) {
      if (e.status === 401) unauthorised()
      else end('refused', e.err.message ?? '')
      return
    }
    host.link('down')
    schedule(e instanceof Refusal ? (e.err.retry_ms ?? 0) : 0)
  }

  /** The token is no longer good: one new session, and if that does not help, the visitor is told. */
  function unauthorised(): void {
    const hadToken = token !== ''
    token = ''
    if (hadToken && ++authFailed < 2) {
      schedule(0, true)
      return
    }
    end('expired', '')
  }

  function end(why: 'expired' | 'refused', message: string): void {
    stop()
    host.over(why, message)
  }

  function schedule(atLeast: number, now = false): void {
    clearTimeout(retryTimer)
    if (stopped) return
    const jitter = now ? 0 : Math.random() * Math.min(backOffMax, backOffBase * 2 ** tries++)
    if (document.hidden && !now) return // visibility wakes us
    retryTimer = window.setTimeout(() => void connect(), Math.max(atLeast, jitter))
  }

  function hangUp(): void {
    clearTimeout(retryTimer)
    clearTimeout(deadline)
    clearInterval(beatTimer)
    pollTurn++
    pollAbort?.abort()
    pollAbort = null
    const ws = socket
    socket = null
    welcomed = false
    if (ws) {
      ws.onopen = ws.onmessage = ws.onclose = null
      ws.close()
    }
  }

  const wake = (): void => {
    if (stopped) return
    if (!socket && !(polling && pollAbort)) {
      tries = 0
      host.link('down')
      void connect()
    } else if (socket && welcomed) ping(probeWithin)
  }

  /** The device has no network: waiting for a pong would only delay saying so. */
  const gone = (): void => {
    if (!stopped && (socket || pollAbort)) lost(0, 0)
  }

  const visibility = (): void => {
    if (document.hidden) {
      hiddenAt = Date.now()
    } else if (!socket || Date.now() - hiddenAt > hiddenLong) {
      wake()
    }
  }

  // --- socket

  function dial(): void {
    const url = new URL(`${options.base}/api/w/v1/ws`, location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const ws = new WebSocket(url.href, 'posdoctor.v1')
    socket = ws
    welcomed = false
    expect(welcomeWithin)
    ws.onopen = () => {
      ws.send(JSON.stringify({ t: 'hello', token, conv, last: host.last(), epoch, tab }))
    }
    ws.onmessage = (m) => {
      let frame: ServerFrame
      try {
        frame = JSON.parse(String(m.data)) as ServerFrame
      } catch {
        return
      }
      if (welcomed) clearTimeout(deadline) // any frame proves the line
      receive(frame)
    }
    ws.onclose = (e) => lost(e.code, 0)
  }

  /** Gives up the socket unless something arrives in time. */
  function expect(ms: number): void {
    clearTimeout(deadline)
    deadline = window.setTimeout(() => lost(0, 0), ms)
  }

  function ping(within: number): void {
    socket?.send('{"t":"ping"}')
    expect(within)
  }

  function lost(code: number, retry: number): void {
    const had = welcomed
    hangUp()
    if (code === 4409) {
      host.link('replaced')
      return
    }
    host.link('down')
    if (code === 4401) return unauthorised()
    if (code === 4403) return end('refused', '')
    if (!had && navigator.onLine !== false && ++upgradesFailed >= 2) {
      polling = true
      return schedule(0, true)
    }
    schedule(code === 4429 ? 5_000 : retry)
  }

  function receive(frame: ServerFrame): void {
    switch (frame.t) {
      case 'welcome':
        void welcome(frame)
        break
      case 'ev':
        if (isKnown(frame)) host.events([frame])
        break
      case 'ack':
        host.acked(frame.cid, frame.id)
        break
      case 'state':
        host.holder(frame.state)
        break
      case 'eph':
        if (frame.type === 'typing') host.typing(frame.who ?? 'bot', frame.on === true)
        break
      case 'err':
        host.refused(frame)
        break
      case 'bye':
        lost(0, frame.retry_ms ?? 0)
        break
    }
  }

  async function welcome(w: Welcome): Promise<void> {
    clearTimeout(deadline)
    const ws = socket
    welcomed = true
    tries = upgradesFailed = authFailed = 0
    clearInterval(beatTimer)
    beatTimer = window.setInterval(() => ping(pongWithin), (w.hb || 25) * 1000)
    host.holder(w.state)
    host.link('up')
    if (w.gap || w.epoch !== epoch) {
      epoch = w.epoch
      try {
        await reload()
      } catch {
        if (socket === ws) lost(0, 0)
        return
      }
    }
    if (socket === ws) for (const f of host.unacked()) send(f)
  }

  // --- long-poll, for networks that break sockets

  async function poll(): Promise<void> {
    const turn = ++pollTurn
    const socketAt = Date.now() + socketAgain
    let wait = 0 // the first answer comes at once and proves the line
    while (!stopped && turn === pollTurn) {
      if (Date.now() > socketAt && typeof WebSocket !== 'undefined') {
        polling = false
        upgradesFailed = 1
        pollAbort = null
        return dial()
      }
      const abort = (pollAbort = new AbortController())
      const timer = setTimeout(() => abort.abort(), (wait + 10) * 1000)
      try {
        const query = `/poll?last=${host.last()}&epoch=${encodeURIComponent(epoch)}&wait=${wait}`
        const p = await call<{ epoch: string; events: ChatEvent[]; last: number; state?: Holder; gap?: boolean }>('GET', query, undefined, abort.signal)
        if (turn !== pollTurn) return
        tries = authFailed = 0
        if (p.gap || p.epoch !== epoch) {
          epoch = p.epoch
          await reload()
        } else host.events(p.events.filter(isKnown))
        if (p.state) host.holder(p.state)
        host.link('up')
        for (const f of host.unacked()) post(f)
        wait = pollWait
      } catch (e) {
        if (turn !== pollTurn) return
        pollAbort = null
        if (!(e instanceof Refusal)) {
          polling = false // the server itself is away: start over with a socket
          upgradesFailed = 0
        }
        return failed(e)
      } finally {
        clearTimeout(timer)
      }
    }
  }

  /** Sends over HTTP, one after the other. A lost answer is tried again after the next poll, under the same cid. */
  function post(frame: Frame): void {
    if (posting.has(frame.cid)) return
    posting.add(frame.cid)
    queue = queue.then(async () => {
      try {
        const ack = await call<{ cid: string; id: number }>('POST', '/send', frame)
        host.acked(frame.cid, ack.id)
      } catch (e) {
        if (e instanceof Refusal && e.status < 500) host.refused({ ...e.err, cid: frame.cid })
      } finally {
        posting.delete(frame.cid)
      }
    })
  }

  async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const headers: Record<string, string> = {}
    if (token) headers.Authorization = `Bearer ${token}`
    // Without a token it stays a request that a browser sends to another origin without asking first: the first one, for which the visitor
    // waits. The server reads JSON whatever it is called.
    if (token && body !== undefined) headers['Content-Type'] = 'application/json'
    const timeout = signal ? null : new AbortController()
    const timer = setTimeout(() => timeout?.abort(), 15_000)
    try {
      const res = await fetch(`${options.base}/api/w/v1${path}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ?? timeout?.signal,
        credentials: 'omit',
        cache: 'no-store',
      })
      if (res.ok) return (await res.json()) as T
      let err: WireError = { code: `http_${res.status}` }
      try {
        err = (await res.json()) as WireError
      } catch {
        // an intermediary's page; the status says enough
      }
      throw new Refusal(res.status, err)
    } finally {
      clearTimeout(timer)
    }
  }

  return { start, stop, retryNow, forget, send, older, read, call, door: () => ({ url: `${options.base}/api/w/v1`, token }) }
}
