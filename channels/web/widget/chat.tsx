// The chat itself, loaded when a visitor shows the intent to use it: into the loader's shadow root as a panel, or into
// an element as the full page /chat.

import { render } from 'preact'
import { keep, kept } from './keep'
import { Store } from './store'
import panelCSS from './styles/panel.css'
import { adopt } from './styling'
import { type Locale, loadTexts, pickLocale, zh } from './texts'
import { App } from './view/app'

export interface ChatOptions {
  site: string
  /** Where the server is, without a trailing slash; "" is this page's origin. */
  base: string
  mode: 'panel' | 'page'
  locale?: string | undefined
  side?: 'left' | 'right'
  jwt?: string
  /** The visitor wants the panel gone; the launcher then takes the focus. */
  onClose?: () => void
  onUnread?: (n: number) => void
}

export interface Chat {
  open(prefill?: string): void
  /** Says a text as if the visitor had typed it. */
  send(text: string): void
  close(): void
  /** Connects without opening: someone who waits for a person is told of the reply. */
  listen(): void
  reset(): void
  destroy(): void
}

export function mount(into: ShadowRoot | Element, options: ChatOptions): Chat {
  adopt(into, panelCSS, `${options.base}/w/chat.css?v=${CHAT_CSS_VERSION}`)
  const box = document.createElement('div')
  if (options.mode === 'page') box.className = 'pd-page-box'
  into.insertBefore(box, into.firstChild)

  const store = new Store(options)
  let open = false
  let prefill = { text: '', n: 0 }
  let texts: typeof zh | null = null
  const draw = () => {
    if (!texts) return
    render(
      <App
        store={store}
        site={options.site}
        mode={options.mode}
        open={open}
        t={texts}
        onLanguage={() => {
          const next = texts === zh ? 'en' : 'zh-CN'
          keep(options.site, 'locale', next)
          speak(next)
        }}
        side={options.side ?? 'right'}
        prefill={prefill}
        onClose={options.mode === 'panel' ? options.onClose : undefined}
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
    if (store.state.unread === unread) return
    unread = store.state.unread
    options.onUnread?.(unread)
  })
  return {
    open(text) {
      open = true
      if (text) prefill = { text, n: prefill.n + 1 }
      store.start()
      store.watch(true)
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
    destroy() {
      unsubscribe()
      store.stop()
      render(null, box)
      box.remove()
    },
  }
}
