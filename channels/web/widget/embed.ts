// The chat on a page of others: what posdoctor(…) does, its events, who the page says its visitor is. Fetched together with
// chat.js, which knows nothing of the page it is on.
//
// Events, by posdoctor('on', name, fn):
//
//	ready · open · close · unread(n) · message({id, type, from}) · escalated · queued({pos, eta_s, open})
//	agentJoined({name}) · ended · csat · statechange(mode) · error({code, message}) · tokenExpired
//
// None carries what was written: a page that wants the words would have to be trusted with them.
//
// Why a visitor who becomes somebody else gets a new chat and not a changed one: what the old one still has under way, a request, a
// draft, a timer, has nowhere to put its outcome then. reset() and identify() therefore leave nothing behind by construction.

import type { Chat, ChatOptions } from './chat'
import type { State } from './store'
import { launcherTexts } from './launcher-texts'
import type { Settings } from './loader-api'

export type Embed = (name: string, arg?: unknown) => unknown
export type Listeners = Record<string, Set<(v?: unknown) => void>>

/** What chat.js exports. */
interface ChatModule {
  mount(into: ShadowRoot, o: ChatOptions): Chat
  wipe(site: string): void
}

interface Page {
  host: HTMLElement
  root: ShadowRoot
  button: HTMLButtonElement
  label: HTMLElement
  settings: Settings
  site: string
  base: string
  listeners: Listeners
}

interface Opening {
  topic?: string
  code?: string
  sn?: string
  prefill?: string
}

/** Identities that the page has to give, ms. */
const freshWithin = 10_000

export function embed(module: ChatModule, p: Page): Embed {
  const { root, button, settings, site } = p
  let locale = settings.locale as string | undefined
  let scheme = settings.theme as string | undefined
  let chat: Chat
  let last: State | undefined
  let opened = false
  let wanted = false
  let started = false
  let unread = 0
  let jwt: string | undefined
  let used = false
  let context: Record<string, string> = {}
  let told = ''
  let waiting: { done(v: unknown): void; failed(e: Error): void } | null = null

  const badge = document.createElement('b')
  badge.className = 'pd-badge'
  badge.hidden = true
  button.append(badge)

  const tell = (name: string, v?: unknown): void => {
    p.listeners[name]?.forEach((fn) => {
      try {
        fn(v)
      } catch (e) {
        setTimeout(() => { throw e }) // the page's own fault, told where it can be seen
      }
    })
  }

  /** The identity for a session: the one that was given, and from the second time on a fresh one from the page. */
  async function identity(): Promise<string | undefined> {
    if (!jwt || !used) {
      used = true
      return jwt
    }
    tell('tokenExpired')
    const ask = settings.onTokenExpired ?? window.posdoctorSettings?.onTokenExpired
    if (typeof ask !== 'function') return jwt
    const was = jwt
    const late = new Promise<void>((r) => setTimeout(r, freshWithin))
    const got = await Promise.race([Promise.resolve().then(() => ask()).catch(() => undefined), late])
    if (jwt === was && typeof got === 'string') jwt = got
    return jwt
  }

  /** What the page says without a signature, when it has changed since it was sent. */
  function news(): Record<string, string> | undefined {
    const now = JSON.stringify(context)
    if (now === told || now === '{}') return undefined
    told = now
    return context
  }

  function mount(): void {
    last = undefined
    told = ''
    started = false
    chat = module.mount(root, { site, base: p.base, mode: 'panel', side: settings.position === 'left' ? 'left' : 'right', locale, theme: scheme, jwt: jwt ? identity : undefined,
      context: news, onClose: () => close(true), onOpen: () => void open(), onState: follow })
  }

  function start(): void {
    started = true
  }

  /** Tells the page what is new. */
  function follow(s: State): void {
    const was = last
    last = s
    if (s.phase === 'ready' && was?.phase !== 'ready') {
      dress(s)
      tell('ready')
      waiting?.done({ verified: !!jwt })
      waiting = null
    }
    if (s.phase === 'expired' || s.phase === 'refused') {
      if (was?.phase !== s.phase) tell('error', { code: s.phase, message: s.why })
      waiting?.failed(new Error(s.why || s.phase))
      waiting = null
    }
    if (s.unread !== unread) {
      unread = s.unread
      badge.hidden = unread === 0
      badge.textContent = unread > 99 ? '99+' : String(unread)
      const name = p.label.textContent ?? ''
      if (unread) button.setAttribute('aria-label', button.lang === 'en' ? `${name}, ${unread} new` : `${name}，${unread} 条新消息`)
      else button.removeAttribute('aria-label')
      tell('unread', unread)
    }
    if (was && s.holder.mode !== was.holder.mode) {
      tell('statechange', s.holder.mode)
      if (s.holder.mode === 'queue') tell('escalated')
    }
    // What the history brings is old: only what comes behind the newest known line is told.
    const seen = was?.events.length ? was.events[was.events.length - 1]!.id : was?.phase === 'ready' ? 0 : Infinity
    for (const e of s.events) {
      if (e.id <= seen) continue
      const type: string = e.type
      tell('message', { id: e.id, type, from: (e as { from?: string }).from ?? 'system' })
      if (e.type === 'queued') tell('queued', { pos: e.pos, eta_s: e.eta_s, open: e.open })
      if (e.type === 'joined') tell('agentJoined', { name: e.agent.name })
      if (type === 'ended' || type === 'csat') tell(type)
    }
  }

  /** The site's own look, where the page itself says nothing of it. */
  function dress(s: State): void {
    const a = s.config?.appearance
    const color = (settings.color as string) || a?.color
    if (color) {
      p.host.style.setProperty('--pd-color', color, 'important')
      p.host.style.setProperty('--pd-deep', darker(color), 'important')
    }
    if (!scheme && a?.theme) theme(a.theme)
    if (!locale && a?.locale) chat.setLocale(a.locale)
  }

  async function open(o?: Opening): Promise<void> {
    start()
    wanted = true
    if (o?.sn) context = { ...context, sn: o.sn }
    const en = button.lang === 'en'
    const mine = chat
    const slow = setTimeout(() => button.classList.add('pd-busy'), 150)
    try {
      await mine.open(o?.prefill ?? o?.topic ?? (o?.code ? (en ? `Code ${o.code}` : `故障码 ${o.code}`) : undefined))
    } catch {
      p.label.textContent = launcherTexts(button.lang).failed
      return
    } finally {
      clearTimeout(slow)
      button.classList.remove('pd-busy')
    }
    if (!wanted || mine !== chat) return
    button.classList.add('pd-away')
    button.setAttribute('aria-expanded', 'true')
    if (!opened) tell('open')
    opened = true
  }

  function close(byVisitor = false): void {
    wanted = false
    if (!opened) return chat.close()
    opened = false
    button.classList.remove('pd-away')
    button.setAttribute('aria-expanded', 'false')
    const had = root.activeElement !== null
    chat.close()
    if (had || byVisitor) button.focus()
    tell('close')
  }

  /** Puts a new chat in the place of the one that there is. */
  function renew(prefill?: string): void {
    waiting?.failed(new Error('replaced'))
    waiting = null
    const [wasOpen, wasStarted] = [wanted, started]
    chat.destroy()
    unread = 0
    badge.hidden = true
    button.removeAttribute('aria-label')
    mount()
    if (wasOpen) void open(prefill ? { prefill } : undefined)
    else if (wasStarted) listen()
  }

  function listen(): void {
    start()
    chat.listen()
  }

  function identify(token: string): Promise<unknown> | undefined {
    if (!token) return reset()
    if (token === jwt) return undefined
    const words = jwt || !last ? undefined : lastWords(last)
    jwt = token
    used = false
    const done = new Promise((done, failed) => {
      renew(words)
      waiting = { done, failed }
    })
    done.catch(() => undefined) // a page that does not look is told by the error event
    return done
  }

  function reset(quiet = false): undefined {
    jwt = undefined
    context = {}
    chat.destroy() // before the storage is emptied: it must not write any more
    module.wipe(site)
    renew()
    if (!quiet) tabs?.postMessage('reset')
    return undefined
  }

  // A shared tablet: the visitor leaves every tab at once.
  const tabs = typeof BroadcastChannel === 'function' ? new BroadcastChannel(`posdoctor:${site}`) : null
  if (tabs) {
    tabs.onmessage = (e) => {
      if (e.data === 'reset') reset(true)
    }
  }

  function theme(want: string): void {
    scheme = want
    tint(root.adoptedStyleSheets?.[0], want)
    chat.setTheme(want)
  }

  mount()
  if (scheme) theme(scheme)

  return (name, arg) => {
    switch (name) {
      case 'open':
        return open(arg as Opening)
      case 'close':
        return close()
      case 'toggle':
        return opened ? close() : open()
      case 'listen':
        return listen()
      case 'identify':
        return identify(String(arg ?? ''))
      case 'reset':
        return reset()
      case 'setContext': {
        context = claims(arg as Record<string, unknown>)
        if (started) chat.context(news())
        return
      }
      case 'setLocale': {
        locale = String(arg)
        const w = launcherTexts(locale)
        button.lang = w.locale
        if (!settings.label) p.label.textContent = w.launcher
        return chat.setLocale(locale)
      }
      case 'setTheme':
        return theme(String(arg))
      case 'prefill':
        return chat.prefill(String(arg ?? ''))
      case 'send':
        start()
        return chat.send(String(arg ?? ''))
      case 'destroy':
        tabs?.close()
        chat.destroy()
    }
  }
}

/** What a page may say without a signature, as the server takes it. The page's address goes without what stands behind ? and #. */
function claims(o: Record<string, unknown> = {}): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, as] of [['name'], ['phone'], ['sn'], ['model'], ['page'], ['lastError', 'last_error']] as [string, string?][]) {
    const v = o[name]
    if (typeof v === 'string' || typeof v === 'number') out[as ?? name] = String(v).slice(0, 200).replace(name === 'page' ? /[?#].*$/ : /$^/, '')
  }
  return out
}

/** The visitor's own last line, which goes into the composer of the conversation that he changes to; only he sends it. */
function lastWords(s: State): string | undefined {
  const e = s.events.filter((e) => e.type === 'message' && e.from === 'user').pop()
  return e?.text
}

/** Bends the launcher's question for the system's scheme to the one that is wanted; the chat has its own way. */
function tint(sheet: CSSStyleSheet | undefined, want: string): void {
  const wanted = want === 'dark' ? 'all' : want === 'light' ? 'not all' : '(prefers-color-scheme: dark)'
  for (const rule of Array.from(sheet?.cssRules ?? [])) {
    if (!(rule instanceof CSSMediaRule)) continue
    const media = rule.media.mediaText
    if (media.includes('scheme') || media === 'all' || media === 'not all') rule.media.mediaText = wanted
  }
}

/** A colour by a fifth darker: #0b5f66 -> #094c52. */
function darker(hex: string): string {
  return /^#[0-9a-f]{6}$/i.test(hex) ? '#' + hex.slice(1).replace(/../g, (x) => Math.round(parseInt(x, 16) * 0.8).toString(16).padStart(2, '0')) : hex
}
