import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { keep, kept } from '../keep'
import type { Store } from '../store'
import type { Texts } from '../texts'
import { ConnectionBar } from './bar'
import { Composer } from './composer'
import { isTouch, useStore, ViewContext } from './context'
import { Header } from './header'
import { Log } from './log'
import { Over } from './over'
import { QueueLine } from './queue'

export interface AppProps {
  store: Store
  site: string
  mode: 'panel' | 'page'
  open: boolean
  t: Texts
  onLanguage(): void
  side: 'left' | 'right'
  /** Words to put into the composer; n makes the same words count again. */
  prefill: { text: string; n: number }
  onClose?: (() => void) | undefined
}

export function App({ store, site, mode, open, t, onLanguage, side, prefill, onClose }: AppProps) {
  const state = useStore(store)
  const [large, setLarge] = useState(() => kept(site, 'large') === '1')
  const [text, setText] = useState(() => store.draft)
  const [leaving, setLeaving] = useState(false)
  const root = useRef<HTMLElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const focused = useRef<Element | null>(null)
  const queued = state.holder.mode === 'queue'
  const over = state.phase === 'expired' || state.phase === 'refused'

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
        large={large}
        onLarge={(on) => {
          setLarge(on)
          keep(site, 'large', on ? '1' : '')
        }}
        onLanguage={onLanguage}
        onClose={onClose}
      />
      <ConnectionBar state={state} />
      {over ? (
        <Over state={state} />
      ) : (
        <>
          <Log state={state} />
          <div class="pd-dock">
            {queued && !leaving && (
              <QueueLine
                queue={state.holder.queue}
                onLeave={() => setLeaving(true)}
                onSelf={() => {
                  store.choose({ id: 'again', text: t.selfService })
                  field.current?.focus()
                }}
              />
            )}
            {state.holder.mode === 'closed' && <p class="pd-ended">{t.ended}</p>}
            <Composer state={state} field={field} leaving={leaving} onLeft={() => setLeaving(false)} text={text} onText={write} />
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
    'data-large': large ? '' : undefined,
    onFocusIn: (e: FocusEvent) => (focused.current = e.target as Element),
    onKeyDown: (e: KeyboardEvent) => {
      if (e.key === 'Escape' && !e.isComposing && e.keyCode !== 229 && onClose) {
        e.stopPropagation()
        onClose()
      }
    },
  }
  return (
    <ViewContext.Provider value={{ store, t }}>
      {mode === 'page' ? (
        <main class="pd pd-page" {...attrs}>{frame}</main>
      ) : (
        <section class={`pd pd-panel pd-side-${side}`} role="dialog" aria-modal="false" {...attrs}>{frame}</section>
      )}
    </ViewContext.Provider>
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
