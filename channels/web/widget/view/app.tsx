import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { keep, kept } from '../keep'
import { fetchMore, useMore } from '../lazy'
import type { Store } from '../store'
import type { Texts } from '../texts'
import { ConnectionBar } from './bar'
import { Composer } from './composer'
import { isTouch, useBack, useStore, ViewContext } from './context'
import { Header } from './header'
import { Log } from './log'

type Picture = { url: string; alt: string }

export interface AppProps {
  store: Store
  site: string
  base: string
  mode: 'panel' | 'page'
  theme: string
  open: boolean
  t: Texts
  onLanguage(): void
  side: 'left' | 'right'
  /** Words to put into the composer; n makes the same words count again. */
  prefill: { text: string; n: number }
  onClose?: (() => void) | undefined
  onOpen(): void
}

export function App(props: AppProps) {
  const { store, base, t } = props
  const root = useRef<HTMLElement>(null)
  const [zoomed, zoom] = useState<Picture | null>(null)
  return (
    <ViewContext.Provider value={{ store, t, more: () => fetchMore(base, root.current!), zoom }}>
      <Chat {...props} root={root} zoomed={zoomed} />
    </ViewContext.Provider>
  )
}

function Chat({ store, site, mode, theme, open, t, onLanguage, side, prefill, onClose, onOpen, root, zoomed }: AppProps & { root: RefObject<HTMLElement | null>; zoomed: Picture | null }) {
  const state = useStore(store)
  const [size, setSize] = useState(() => Number(kept(site, 'size')) || 0)
  const [home, setHome] = useState(0)
  const [text, setText] = useState(() => store.draft)
  const [leaving, setLeaving] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const focused = useRef<Element | null>(null)
  const queued = state.holder.mode === 'queue'
  const waiting = !open && mode === 'panel' && state.unread > 0
  const over = state.phase === 'expired' || state.phase === 'refused'
  const more = useMore(over || queued || leaving || zoomed !== null || waiting || state.events.length > 0)

  const write = (next: string) => {
    setText(next)
    store.keepDraft(next)
  }
  useEffect(() => {
    if (prefill.text) write(prefill.text)
  }, [prefill.n])
  useEffect(() => {
    if (!queued) {
      setLeaving(false)
    }
  }, [queued])
  // Another tab wrote on: its draft is this one's, unless somebody is writing here.
  useEffect(() => {
    const draft = () => document.activeElement === document.body && setText(store.draft)
    addEventListener('storage', draft)
    return () => removeEventListener('storage', draft)
  }, [])
  useBack(open && mode === 'panel' && innerWidth <= 480, () => onClose?.())
  useBack(leaving, () => setLeaving(false))
  useLayoutEffect(() => {
    if (!open) return
    if (mode === 'panel' || prefill.text) (isTouch() ? root : field).current?.focus({ preventScroll: true })
  }, [open, over, prefill.n])
  useLayoutEffect(() => followViewport(root.current), [open])
  // What had the focus may go away when it is pressed, as an answer does: then the focus stays in the chat.
  useLayoutEffect(() => {
    if (!open || !focused.current || focused.current.isConnected) return
    focused.current = null
    if (document.activeElement === document.body) root.current?.focus({ preventScroll: true })
  })

  const frame = (
    <>
      <Header
        state={state}
        titleID="pd-title"
        size={size}
        onSize={(n) => {
          setSize(n)
          keep(site, 'size', n ? String(n) : '')
        }}
        onLanguage={onLanguage}
        onHome={() => setHome(home + 1)}
        onClose={onClose}
      />
      <ConnectionBar state={state} />
      {over ? (
        more ? <more.Over state={state} /> : <p class="pd-log">{state.phase === 'expired' ? t.expired : state.why || t.refused}</p>
      ) : (
        <>
          <Log state={state} home={home} />
          <div class="pd-dock">
            {queued && !leaving && more && (
              <more.QueueLine
                queue={state.holder.queue}
                onLeave={() => setLeaving(true)}
                onSelf={(words: string) => {
                  store.choose({ id: 'again', text: words })
                  field.current?.focus()
                }}
              />
            )}
            {state.holder.mode === 'closed' && <p class="pd-ended">{t.ended}</p>}
            {leaving && more ? <more.LeaveForm text={text} onDone={(sent: boolean) => (setLeaving(false), sent && write(''))} /> : <Composer state={state} field={field} text={text} onText={write} />}
          </div>
        </>
      )}
    </>
  )
  const attrs = {
    ref: root as never,
    lang: t.locale,
    hidden: !open,
    tabIndex: -1,
    'aria-labelledby': 'pd-title',
    'data-size': size || undefined,
    'data-theme': theme,
    onFocusIn: (e: FocusEvent) => (focused.current = e.target as Element),
    onKeyDown: (e: KeyboardEvent) => {
      if (e.key === 'Escape' && !e.isComposing && e.keyCode !== 229 && onClose) {
        e.stopPropagation()
        onClose()
      }
    },
  }
  return (
    <>
      {mode === 'page' ? (
        <main class="pd pd-page" {...attrs}>{frame}</main>
      ) : (
        <section class={`pd pd-panel pd-side-${side}`} role="dialog" aria-modal="false" {...attrs}>{frame}</section>
      )}
      {waiting && more && <more.Preview state={state} side={side} theme={theme} onOpen={onOpen} />}
      {zoomed && more && <more.Lightbox picture={zoomed} theme={theme} />}
    </>
  )
}

/** Keeps --pd-vh and --pd-top at the part of the screen that the keyboard leaves free. */
function followViewport(el: HTMLElement | null): (() => void) | undefined {
  const view = window.visualViewport
  if (!el || !view) return
  const follow = () => {
    if (view.scale > 1.01) return // the visitor zoomed in; that is not a keyboard
    el.style.setProperty('--pd-vh', `${Math.round(view.height)}px`)
    el.style.setProperty('--pd-top', `${Math.max(0, Math.round(view.offsetTop))}px`)
  }
  follow()
  view.addEventListener('resize', follow)
  view.addEventListener('scroll', follow)
  return () => {
    view.removeEventListener('resize', follow)
    view.removeEventListener('scroll', follow)
  }
}
