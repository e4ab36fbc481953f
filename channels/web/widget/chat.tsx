// The chat itself, loaded when a visitor shows the intent to use it: into the loader's shadow root as a panel, or into
// an element as the full page /chat.

import { render } from 'preact'
import { keep, kept } from './keep'
import { fetchMore } from './lazy'
import { type State, Store } from './store'
import { dress } from './dress'
import { type Locale, loadTexts, pickLocale, zh } from './texts'
import { App } from './view/app'

export interface ChatOptions {
  site: string
  /** Where the server is, without a trailing slash; "" is this page's origin. */
  base: string
  mode: 'panel' | 'page'
  locale?: string | undefined
  side?: 'left' | 'right'
  /** auto follows the device. */
  theme?: string | undefined
  jwt?: (() => string | undefined | Promise<string | undefined>) | undefined
  context?: (() => object | undefined) | undefined
  /** The visitor wants the panel gone; the launcher then takes the focus. */
  onClose?: () => void
  onState?: (state: State) => void
  /** The visitor pressed the preview of a new line. */
  onOpen?: () => void
}

export { wipe } from './keep'

export interface Chat {
  /** Shows the chat; broken when its styles cannot be had, and may be tried again. */
  open(prefill?: string): Promise<void>
  /** Says a text as if the visitor had typed it. */
  send(text: string): void
  close(): void
  /** Connects without opening: someone who waits for a person is told of the reply. */
  listen(): void
  prefill(text: string): void
  /** Tells what the page says of its visitor, unless that is nothing new. */
  context(news: object | undefined): void
  setLocale(locale: string): void
  setTheme(theme: string): void
  destroy(): void
}

export function mount(into: ShadowRoot | Element, options: ChatOptions): Chat {
  let dressed: Promise<void> | undefined
  let styled = false
  const wear = () => {
    dressed ??= dress(into, `${options.base}/w/chat.css?v=${CHAT_CSS_VERSION}`).then(
      () => void (styled = true),
      (e) => {
        dressed = undefined
        throw e
      },
    )
    return dressed
  }
  wear().catch(() => undefined)
  const box = document.createElement('div')
  if (options.mode === 'page') box.className = 'pd-page-box'
  into.insertBefore(box, into.firstChild)

  const store = new Store(options)
  let open = false
  let prefill = { text: '', n: 0 }
  let texts: typeof zh | null = null
  let theme = options.theme ?? 'auto'
  const draw = () => {
    if (!texts) return
    render(
      <App
        store={store}
        site={options.site}
        base={options.base}
        theme={theme}
        mode={options.mode}
          open={open && styled}
          t={worded(texts, store.state.config?.texts)}
        onLanguage={() => {
          const next = texts === zh ? 'en' : 'zh-CN'
          keep(options.site, 'locale', next)
          speak(next)
        }}
        side={options.side ?? 'right'}
        prefill={prefill}
        onClose={options.mode === 'panel' ? options.onClose : undefined}
        onOpen={() => (options.onOpen ? options.onOpen() : void chat.open())}
      />,
      box,
    )
  }
  const speak = (locale: Locale) => {
    const use = (t: typeof zh) => {
      texts = t
      draw()
    }
    if (locale === 'zh-CN') use(zh)
    else loadTexts(options.base).then(use, () => use(texts ?? zh))
  }
  speak(pickLocale(kept(options.site, 'locale'), options.locale))
  let config = store.state.config
  let unread = 0
  const unsubscribe = store.subscribe(() => {
    const now = store.state
    if (config !== now.config) {
      config = now.config
      draw()
    }
    if (now.unread !== unread) {
      if (now.unread > unread) fetchMore(options.base, box).then((m) => m.ring(store), () => undefined)
      unread = now.unread
      countInTitle(unread)
    }
    options.onState?.(now)
  })
  const fill = (text?: string) => {
    if (text) prefill = { text, n: prefill.n + 1 }
  }
  const chat: Chat = {
    async open(text) {
      open = true
      fill(text)
      store.start()
      store.watch(true)
      await wear()
      draw()
    },
    send(text) {
      const clean = text.trim().slice(0, 2000)
      if (!clean) return
      store.start()
      store.say(clean)
    },
    close() {
      open = false
      store.watch(false)
      draw()
    },
    listen() {
      store.start()
    },
    prefill(text) {
      fill(text)
      draw()
    },
    context(news) {
      if (news) store.wire.call('POST', '/context', news).catch(() => undefined)
    },
    setLocale(wish) {
      keep(options.site, 'locale', '')
      speak(pickLocale(wish))
    },
    setTheme(wish) {
      theme = wish
      draw()
    },
    destroy() {
      unsubscribe()
      countInTitle(0)
      store.leave()
      render(null, box)
      box.remove()
    },
  }
  return chat
}

/** (2) before the page's own title, while something is unread. */
function countInTitle(n: number): void {
  const own = document.title.replace(/^\(\d+\+?\) /, '')
  const title = n ? `(${n > 99 ? '99+' : n}) ${own}` : own
  if (title !== document.title) document.title = title
}

/** The texts with the site's own words in place of some. What is made of numbers and names stays ours. */
function worded(t: typeof zh, own: Record<string, string> | undefined): typeof zh {
  if (!own) return t
  const out: Record<string, unknown> = { ...t }
  for (const k of Object.keys(own)) if (typeof out[k] === 'string' && k !== 'locale') out[k] = own[k]
  return out as typeof zh
}
