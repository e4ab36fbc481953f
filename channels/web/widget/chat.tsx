// The chat itself, loaded when a visitor shows the intent to use it: into the loader's shadow root as a panel, or into
// an element as the full page /chat.

import { render } from 'preact'
import { keep, kept } from './keep'
import { type State, Store } from './store'
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
  jwt?: (() => string | undefined | Promise<string | undefined>) | undefined
  context?: (() => object | undefined) | undefined
  /** The visitor wants the panel gone; the launcher then takes the focus. */
  onClose?: () => void
  onState?: (state: State) => void
}

export { wipe } from './keep'


export interface Chat {
  open(prefill?: string): void
  /** Says a text as if the visitor had typed it. */
  send(text: string): void
  close(): void
  /** Connects without opening: someone who waits for a person is told of the reply. */
  listen(): void
  prefill(text: string): void
  speak(locale: string): void
  /** Tells what the page says of its visitor, unless that is nothing new. */
  context(news: object | undefined): void
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
        t={worded(texts, store.state.config?.texts)}
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
  let config = store.state.config
  const unsubscribe = store.subscribe(() => {
    if (config !== store.state.config) {
      config = store.state.config
      draw()
    }
    options.onState?.(store.state)
  })
  const fill = (text?: string) => {
    if (text) prefill = { text, n: prefill.n + 1 }
  }
  return {
    open(text) {
      open = true
      fill(text)
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
    prefill(text) {
      fill(text)
      draw()
    },
    speak(locale) {
      speak(pickLocale(locale))
    },
    context(news) {
      if (news) store.wire.tell(news)
    },
    destroy() {
      unsubscribe()
      store.stop()
      render(null, box)
      box.remove()
    },
  }
}

/** The texts with the site's own words in place of some. What is made of numbers and names stays ours. */
function worded(t: typeof zh, own: Record<string, string> | undefined): typeof zh {
  if (!own) return t
  const out: Record<string, unknown> = { ...t }
  for (const k of Object.keys(own)) if (typeof out[k] === 'string' && k !== 'locale') out[k] = own[k]
  return out as typeof zh
}
