import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import type { Suggestion } from '../events'
import { useView } from '../view/context'
import type { Steps } from '../view/composer'
import { useTexts } from './texts'

const afterKey = 250
const longest = 40

interface Props {
  text: string
  field: RefObject<HTMLTextAreaElement | null>
  /** Gets what the list does with keys of the field. Enter is the list's only once an entry was chosen by arrow. */
  steps: RefObject<Steps | null>
  onPick(words: string): void
}

/** Questions of the library that begin to fit what is being typed. The field keeps the focus all the time. */
export function Suggestions({ text, field, steps, onPick }: Props) {
  const { store } = useView()
  const m = useTexts()
  const [list, set] = useState<Suggestion[]>([])
  const [at, go] = useState(-1)
  const words = text.trim()
  // Numbers of cards and phones are nobody's question.
  const wanted = words.length <= longest && !/\d{7}/.test(words.replace(/[\s-]/g, '')) && !words.includes('\n')
  useEffect(() => {
    go(-1)
    if (!wanted) return set([])
    const abort = new AbortController()
    const timer = setTimeout(() => {
      store.call<{ suggestions: Suggestion[] }>('GET', `/suggest?q=${encodeURIComponent(words)}`, abort.signal).then(
        (r) => set(r.suggestions.filter((s) => s.title !== words).slice(0, 4)),
        () => set([]),
      )
    }, afterKey)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [words])

  const open = list.length > 0
  steps.current = (e) => {
    if (!open) return false
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault()
      go(((at + 1 + (e.key === 'ArrowDown' ? 1 : list.length)) % (list.length + 1)) - 1)
    } else if (e.key === 'Escape') {
      e.stopPropagation()
      set([])
    } else if (e.key === 'Enter' && !e.shiftKey && at >= 0) {
      e.preventDefault()
      onPick(list[at]!.title)
    } else return false
    return true
  }
  useLayoutEffect(() => {
    const el = field.current
    if (!el) return
    const attrs: Record<string, string> = open
      ? { 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox', 'aria-controls': 'pd-suggestions', ...(at >= 0 ? { 'aria-activedescendant': `pd-suggestion-${at}` } : {}) }
      : {}
    for (const name of ['aria-autocomplete', 'aria-haspopup', 'aria-controls', 'aria-activedescendant']) {
      const value = attrs[name]
      if (value) el.setAttribute(name, value)
      else el.removeAttribute(name)
    }
  }, [open, at])
  useEffect(
    () => () => {
      steps.current = null
      for (const name of ['aria-autocomplete', 'aria-haspopup', 'aria-controls', 'aria-activedescendant']) field.current?.removeAttribute(name)
    },
    [],
  )
  return (
    <div class="pd-suggest">
      <span class="pd-sr" role="status">{open ? m.suggestions(list.length) : ''}</span>
      {open && (
        <ul id="pd-suggestions" role="listbox" aria-label={m.suggestionList}>
          {list.map((s, i) => (
            <li
              key={s.article}
              id={`pd-suggestion-${i}`}
              role="option"
              aria-selected={i === at}
              class="pd-text"
              onPointerDown={(e) => e.preventDefault() /* the field keeps the focus */}
              onClick={() => onPick(s.title)}
            >
              {s.title}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
