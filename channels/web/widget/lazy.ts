// The parts that few first screens need are in chat-more.js: menu, pictures, rating, suggestions, the message form.

import { useEffect, useState } from 'preact/hooks'
import { kit } from './kit'
import type * as Parts from './more/more'
import { dress } from './dress'
import { useView } from './view/context'

export type More = typeof Parts

let coming: Promise<More> | undefined
let here: More | undefined
let tries = 0

/** Whether an attempt to fetch the parts has failed. */
export const moreFailed = (): boolean => !here && tries > 1

/** Fetches the parts once; a failed attempt may be made again. at is any node of the root that wears the styles. */
export function fetchMore(base: string, at: Node): Promise<More> {
  // A failed import may be remembered by its address, so a new attempt has a new one.
  coming ??= Promise.all([
    import(`${base}/w/chat-more.js?v=${MORE_JS_VERSION}${tries++ ? `&r=${tries}` : ''}`) as Promise<More>,
    dress(at, `${base}/w/chat-more.css?v=${MORE_CSS_VERSION}`),
  ]).then(
    ([more]) => {
      more.borrow(kit)
      return (here = more)
    },
    (e) => {
      coming = undefined
      throw e
    },
  )
  return coming
}

/** The parts once they are wanted and here; null until then. Without a network they are tried again. */
export function useMore(wanted: boolean): More | null {
  const { more } = useView()
  const [failed, again] = useState(0)
  useEffect(() => {
    if (!wanted || here) return
    let timer = 0
    const next = () => again(failed + 1)
    more().then(next, () => (timer = window.setTimeout(next, 3_000)))
    return () => clearTimeout(timer)
  }, [wanted, failed])
  return (wanted && here) || null
}
