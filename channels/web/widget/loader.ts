// <script src="https://help.example.com/w/loader.js" data-site="demo" async></script>
//
// Puts the launcher on the page and nothing else: chat.js is fetched when the visitor points at, focuses or presses the
// launcher, and until then nothing is requested or stored. Settings are data-* attributes of the script or the same
// names in window.posdoctorSettings: site, locale, position (left|right), launcher (false hides it), z-index/zIndex.
//
//	posdoctor('open', {prefill: '…'}) · 'close' · 'toggle' · 'show' · 'hide' · 'reset' · 'destroy'
//	posdoctor('send', '…')    says it for the visitor, who has just pressed what reads so
//	posdoctor('on', 'open'|'close'|'unread', fn)
//
// Calls before the script has run wait in the stub's queue:
//
//	window.posdoctor = window.posdoctor || function () { (posdoctor.q = posdoctor.q || []).push(arguments) }

import type { Chat, ChatOptions } from './chat'
import { kept } from './keep'
import type { Api, Settings } from './loader-api'
import launcherCSS from './styles/launcher.css'
import { adopt } from './styling'
import { launcherTexts } from './launcher-texts'

const waitingFor = 3_600_000

function start(): void {
  const stub = window.posdoctor
  if (stub?.ready) return // included twice
  const script = (document.currentScript ?? document.querySelector('script[src*="/w/loader.js"]')) as HTMLScriptElement | null
  const settings: Settings = { ...window.posdoctorSettings, ...script?.dataset }
  const base = (script?.src ?? '').replace(/\/w\/loader\.js.*$/, '')
  const site = String(settings.site ?? 'demo')
  const side = settings.position === 'left' ? 'left' : 'right'
  const words = launcherTexts(kept(site, 'locale'), settings.locale as string | undefined)

  const host = document.createElement('div')
  host.id = 'posdoctor'
  host.setAttribute('data-turbo-permanent', '')
  // The page's own style sheets must not reach the host; what is in the shadow root they cannot.
  for (const [name, value] of [['all', 'initial'], ['display', 'block'], ['--pd-z', String(settings.zIndex ?? 2147483000)]] as const) {
    host.style.setProperty(name, value, 'important')
  }
  const root = host.attachShadow({ mode: 'open' })
  adopt(root, launcherCSS, `${base}/w/launcher.css`)

  const button = document.createElement('button')
  button.type = 'button'
  button.className = `pd-launcher pd-side-${side}`
  button.setAttribute('aria-haspopup', 'dialog')
  button.setAttribute('aria-expanded', 'false')
  button.lang = words.locale
  const label = document.createElement('span')
  label.textContent = words.launcher
  const badge = document.createElement('b')
  badge.className = 'pd-badge'
  badge.hidden = true
  button.append(mark(), label, badge)
  button.hidden = String(settings.launcher) === 'false'
  root.append(button)

  let chat: Chat | undefined
  let loading: Promise<Chat> | undefined
  let attempt = 0
  let opened = false
  let wanted = false
  const listeners: Record<string, ((v?: unknown) => void)[]> = {}
  const tell = (name: string, v?: unknown) => (listeners[name] ?? []).forEach((fn) => fn(v))

  const load = (): Promise<Chat> => {
    // A failed import may be remembered by its address, so a new attempt has a new one.
    const again = attempt++ ? `&r=${attempt}` : ''
    loading ??= import(`${base}/w/chat.js?v=${CHAT_JS_VERSION}${again}`).then(
      ({ mount }: { mount(into: ShadowRoot, o: ChatOptions): Chat }) =>
        (chat = mount(root, { site, base, mode: 'panel', side, locale: settings.locale as string | undefined, onClose: close, onUnread: unread, onOpen: () => void open() })),
    )
    loading.catch(() => (loading = undefined))
    return loading
  }
  const unread = (n: number) => {
    badge.hidden = n === 0
    badge.textContent = n > 99 ? '99+' : String(n)
    button.setAttribute('aria-label', n ? words.unread(n) : words.launcher)
    tell('unread', n)
  }
  const open = async (o?: { prefill?: string }) => {
    wanted = true
    label.textContent = words.launcher
    const slow = setTimeout(() => button.classList.add('pd-busy'), 150)
    try {
      const c = chat ?? (await load())
      if (!wanted) return
      await c.open(o?.prefill)
      if (!opened) tell('open')
      opened = true
      button.classList.add('pd-away')
      button.setAttribute('aria-expanded', 'true')
    } catch {
      label.textContent = words.failed
    } finally {
      clearTimeout(slow)
      button.classList.remove('pd-busy')
    }
  }
  const close = () => {
    wanted = false
    if (!opened) return
    opened = false
    button.classList.remove('pd-away')
    button.setAttribute('aria-expanded', 'false')
    const had = root.activeElement !== null
    chat?.close()
    if (had) button.focus()
    tell('close')
  }
  const prepare = () => void load().catch(() => undefined)
  for (const intent of ['pointerenter', 'focus', 'touchstart']) button.addEventListener(intent, prepare, { once: true, passive: true })
  button.addEventListener('click', () => void open())

  // In the page as its last child, also after a framework has put a new body in place.
  const attach = () => {
    if (document.body && host.parentNode !== document.body) document.body.append(host)
  }
  const watch = new MutationObserver(attach)
  watch.observe(document.documentElement, { childList: true })
  attach()

  const api: Api = (...call) => {
    const [name, a, b] = call
    switch (name) {
      case 'open':
        void open(a as { prefill?: string })
        break
      case 'send':
        void load().then((c) => c.send(String(a ?? '')), () => undefined)
        break
      case 'close':
        close()
        break
      case 'toggle':
        if (opened) close()
        else void open()
        break
      case 'show':
      case 'hide':
        button.hidden = name === 'hide'
        break
      case 'reset':
        chat?.reset()
        break
      case 'on':
        ;(listeners[String(a)] ??= []).push(b as () => void)
        break
      case 'destroy':
        watch.disconnect()
        chat?.destroy()
        host.remove()
        delete window.posdoctor
    }
  }
  api.ready = true
  window.posdoctor = api
  for (const call of Array.from(stub?.q ?? [])) api(...Array.from(call))

  // Someone who was waiting for a person on the page before must not miss them.
  if (Date.now() - Number(kept(site, 'live')) < waitingFor) void load().then((c) => c.listen(), () => undefined)
}

function mark(): SVGElement {
  const ns = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(ns, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(ns, 'path')
  path.setAttribute('d', 'M12 4c5 0 8.5 3.1 8.5 7.2s-3.5 7.2-8.5 7.2c-.9 0-1.8-.1-2.6-.3L5.3 20l.6-3.3c-1.5-1.3-2.4-3.3-2.4-5.5C3.5 7.1 7 4 12 4ZM8.5 11.2h.01M12 11.2h.01M15.5 11.2h.01')
  svg.append(path)
  return svg
}

start()
