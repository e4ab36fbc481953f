import { adopt } from './styling'

/**
 * adopt for a style sheet that has to be fetched. It is there when the promise is kept; the promise is broken when it
 * cannot be had.
 */
export async function dress(at: Node, href: string): Promise<void> {
  const root = at.getRootNode() as ShadowRoot | Document
  try {
    new CSSStyleSheet() // throws where there are none
  } catch {
    return new Promise((done, failed) => {
      const link = document.createElement('link')
      link.rel = 'stylesheet'
      link.href = href
      link.onload = () => done()
      link.onerror = failed
      ;(root instanceof Document ? root.head : root).appendChild(link)
    })
  }
  const res = await fetch(href, { credentials: 'omit' })
  if (!res.ok) throw res
  adopt(at, await res.text(), href)
}
