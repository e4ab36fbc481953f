// <script src="https://help.example.com/w/loader.js" data-site="demo" async></script>
//
// Puts the launcher on the page and nothing else: chat.js is fetched when the visitor points at, focuses or presses the
// launcher, and until then nothing is requested or stored. Settings are data-* attributes of the script or the same
// names in window.posdoctorSettings:
//
//	site, locale, theme (auto|light|dark), position (left|right), offset ("20,20"; {x, y}), zIndex, color, label,
//	launcher (false hides it), lazy (false fetches the chat at once), nonce, onTokenExpired
//
//	posdoctor('open', {topic, code, sn, prefill}) · 'close' · 'toggle' · 'show' · 'hide' · 'destroy'
//	posdoctor('identify', jwt) -> Promise · 'reset' · 'setContext', {sn, model, page, lastError, name}
//	posdoctor('setLocale', 'en') · 'setTheme', 'dark' · 'prefill', '…'
//	posdoctor('send', '…')      says it for the visitor, who has just pressed what reads so
//	posdoctor('on', name, fn)   returns what ends it; see embed.ts for the events
//
// Calls before the script has run wait in the stub's queue:
//
//	window.posdoctor = window.posdoctor || function () { (posdoctor.q = posdoctor.q || []).push(arguments) }
//
// All but the launcher is in embed.ts, which comes with the chat: calls wait for it.

import type { Embed, Listeners } from './embed'
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
  const words = launcherTexts(kept(site, 'locale'), settings.locale as string | undefined)

  const host = document.createElement('div')
  host.id = 'posdoctor'
  host.setAttribute('data-turbo-permanent', '')
  // The page's own style sheets must not reach the host; what is in the shadow root they cannot.
  const style = (name: string, value: unknown) => value && host.style.setProperty(name, String(value), 'important')
  const at = settings.offset as string | { x: number; y: number } | undefined
  const [x, y] = typeof at === 'object' ? [at.x, at.y] : String(at ?? '').split(',')
  style('all', 'initial')
  style('direction', 'ltr') // what all leaves out
  style('display', 'block')
  style('--pd-z', settings.zIndex)
  style('--pd-x', x && x + 'px')
  style('--pd-y', y && y + 'px')
  style('--pd-color', settings.color)
  const root = host.attachShadow({ mode: 'open' })
  adopt(root, launcherCSS, `${base}/w/launcher.css`)

  const button = document.createElement('button')
  const label = document.createElement('span')
  const named = () => (label.textContent = (settings.label as string) || words.launcher)
  button.className = `pd-launcher pd-side-${settings.position === 'left' ? 'left' : 'right'}`
  button.setAttribute('aria-haspopup', 'dialog')
  button.setAttribute('aria-expanded', 'false')
  button.lang = words.locale
  button.hidden = String(settings.launcher) === 'false'
  button.append(mark(), label)
  named()
  root.append(button)

  const listeners: Listeners = {}
  let loading: Promise<void> | undefined
  let attempt = 0
  let arrived: (e: Embed) => void
  const embed = new Promise<Embed>((r) => (arrived = r))
  const load = () => {
    if (loading) return
    // A failed import may be remembered by its address, so a new attempt has a new one.
    const again = attempt++ ? `&r=${attempt}` : ''
    const slow = setTimeout(() => button.classList.add('pd-busy'), 150)
    button.classList.remove('pd-failed')
    const get = (file: string) => import(`${base}/w/${file}${again}`)
    // chat.js asks for its styles when it has run; with the answer on its way by then it waits for nothing more.
    fetch(`${base}/w/chat.css?v=${CHAT_CSS_VERSION}`, { credentials: 'omit' }).catch(() => 0)
    named()
    loading = Promise.all([get(`embed.js?v=${EMBED_VERSION}`), get(`chat.js?v=${CHAT_JS_VERSION}`)])
      .then(
        ([e, chat]) => arrived(e.embed(chat, { host, root, button, label, settings, site, base, listeners })),
        () => {
          loading = undefined
          label.textContent = words.failed
          button.classList.add('pd-failed')
        },
      )
      .then(() => {
        clearTimeout(slow)
        button.classList.remove('pd-busy')
      })
  }
  for (const intent of ['pointerenter', 'focus', 'touchstart']) button.addEventListener(intent, load, { passive: true })
  button.onclick = () => api('open')

  // In the page, also after a framework has put a new body in place or emptied the one there is.
  const attach = () => {
    const body = document.body
    if (!body) return
    if (host.parentNode !== body) body.append(host)
    watch.observe(body, { childList: true })
  }
  const watch = new MutationObserver(attach)
  watch.observe(document.documentElement, { childList: true })
  attach()

  const api: Api = (...call) => {
    const [name, a, b] = call as [string, string, (v?: unknown) => void]
    if (name === 'on') {
      const of = (listeners[a] ??= new Set())
      of.add(b)
      return () => of.delete(b)
    }
    if (name === 'show' || name === 'hide') button.hidden = name === 'hide'
    if (name === 'open' || name === 'toggle' || name === 'send') load()
    if (name === 'destroy') {
      watch.disconnect()
      host.remove()
      delete window.posdoctor
    }
    const done = embed.then((e) => e(name, a))
    done.catch(() => 0) // a page that does not look is told by the error event
    return done
  }
  api.ready = true
  window.posdoctor = api
  for (const call of Array.from(stub?.q ?? [])) api(...Array.from(call))

  // Someone who was waiting for a person on the page before must not miss them.
  if (Date.now() - Number(kept(site, 'live')) < waitingFor) {
    load()
    api('listen')
  }
  if (String(settings.lazy) === 'false') load()
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
