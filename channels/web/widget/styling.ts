/**
 * Gives the root that holds `at` a style sheet: a constructable one, which a strict style-src allows because it is no
 * inline style, or a <link> to the same text where browsers lack those.
 */
export function adopt(at: Node, text: string, href: string): void {
  const root = at.getRootNode() as ShadowRoot | Document
  try {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
  } catch {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = href
    ;(root instanceof Document ? root.head : root).appendChild(link)
  }
}
