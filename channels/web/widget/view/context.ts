import { createContext } from 'preact'
import { useContext, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { More } from '../lazy'
import type { State, Store } from '../store'
import { type Texts, zh } from '../texts'

export interface View {
  store: Store
  t: Texts
  /** Fetches the parts that come later. */
  more(): Promise<More>
  /** Shows a picture large; null ends it. */
  zoom(picture: { url: string; alt: string } | null): void
}

export const ViewContext = createContext<View>({ store: null as unknown as Store, t: zh, more: () => Promise.reject(), zoom() {} })

export const useView = (): View => useContext(ViewContext)

/** The store's state, followed. */
export function useStore(store: Store): State {
  const [state, set] = useState(store.state)
  useEffect(() => {
    set(store.state)
    return store.subscribe(() => set(store.state))
  }, [store])
  return state
}

/** The time in ms, renewed every second while it matters. */
export function useNow(ticking: boolean): number {
  const [now, set] = useState(Date.now)
  useEffect(() => {
    if (!ticking) return
    set(Date.now())
    const timer = setInterval(() => set(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return ticking ? Math.max(now, Date.now()) : Date.now()
}

/** Lets the phone's back button close what lies on top before it leaves the page. */
export function useBack(open: boolean, close: () => void): void {
  const latest = useRef(close)
  latest.current = close
  useLayoutEffect(() => {
    if (!open || !isTouch()) return
    const depth = (): number => history.state?.posdoctor ?? 0
    const at = depth() + 1
    const back = () => depth() < at && latest.current()
    try {
      history.pushState({ ...history.state, posdoctor: at }, '')
    } catch {
      return // a frame without an origin has no say in the history
    }
    addEventListener('popstate', back)
    return () => {
      removeEventListener('popstate', back)
      if (depth() === at) history.back()
    }
  }, [open])
}

export const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches
