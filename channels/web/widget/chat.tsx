// The chat itself, loaded when a visitor shows the intent to use it: into the loader's shadow root as a panel, or into
// an element as the full page /chat.

import { render } from 'preact'
import { keep, kept } from './keep'
import { fetchMore } from './lazy'
import { Store } from './store'
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
  jwt?: string
  /** The visitor wants the panel gone; the launcher then takes the focus. */
  onClose?: () => void
  onUnread?: (n: number) => void
  /** The visitor pressed the preview of a new line. */
  onOpen?: () => void
}

export interface Chat {
  /** Shows the chat; broken when its styles cannot be had, and may be tried again. */
  open(prefill?: string): Promise<void>
  /** Says a text as if the visitor had typed it. */
  send(text: string): void
  close(): void
  /** Connects without opening: someone who waits for a person is told of the reply. */
  listen(): void
  reset(): void
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
        t={texts}
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
  let unread = 0
  const unsubscribe = store.subscribe(() => {
    const now = store.state.unread
    if (now === unread) return
    if (now > unread) fetchMore(options.base, box).then((m) => m.ring(store), () => undefined)
    unread = now
    countInTitle(now)
    options.onUnread?.(now)
  })
  const chat: Chat = {
    async open(text) {
      open = true
      if (text) prefill = { text, n: prefill.n + 1 }
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
    reset() {
      store.reset()
      if (open) store.start()
      draw()
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
      store.stop()
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
