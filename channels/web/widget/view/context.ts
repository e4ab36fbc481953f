import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { State, Store } from '../store'
import { type Texts, zh } from '../texts'

export interface View {
  store: Store
  t: Texts
}

export const ViewContext = createContext<View>({ store: null as unknown as Store, t: zh })

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

export const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches
