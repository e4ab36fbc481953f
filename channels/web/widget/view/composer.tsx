import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { State } from '../store'
import { useNow, useView } from './context'
import { SendIcon } from './icons'

const longest = 2000
const countFrom = 1800

export interface ComposerProps {
  state: State
  field: RefObject<HTMLTextAreaElement | null>
  /** Writing a message for the agents' return instead of to whoever answers now. */
  leaving: boolean
  onLeft(): void
  text: string
  onText(text: string): void
}

export function Composer({ state, field, leaving, onLeft, text, onText }: ComposerProps) {
  const { store, t } = useView()
  const [focused, setFocused] = useState(false)
  const composed = useRef(false)
  const wait = Math.ceil((state.limitedUntil - useNow(state.limitedUntil > Date.now())) / 1000)
  const limited = wait > 0
  const over = text.length - longest
  const ready = text.trim() !== '' && over <= 0 && !limited

  useLayoutEffect(() => {
    const el = field.current
    if (!el) return
    el.style.height = 'auto' // one to five lines; CSS has the limits
    el.style.height = `${el.scrollHeight + 2}px`
  }, [text, leaving])

  useEffect(() => {
    if (leaving) field.current?.focus()
  }, [leaving])

  const send = () => {
    if (!ready) return
    if (leaving) {
      store.act('leave_message', text.trim())
      onLeft()
    } else store.say(text.trim())
    onText('')
    field.current?.focus()
  }

  const onKeyDown = (e: KeyboardEvent) => {
    // Enter that picks a word in an input method must never send: Chrome says isComposing, others keyCode 229, and
    // Safari ends the composition just before the key arrives.
    if (e.isComposing || e.keyCode === 229 || composed.current) return
    if (e.key === 'Enter' && !e.shiftKey && !e.ctrlKey && !e.altKey && !e.metaKey) {
      e.preventDefault()
      send()
    }
  }

  const { mode } = state.holder
  const hint = leaving ? t.leaveHint : mode === 'agent' ? t.composerAgent : mode === 'queue' ? t.composerQueue : t.composerHint
  return (
    <form
      class={leaving ? 'pd-composer pd-leaving' : 'pd-composer'}
      onSubmit={(e) => {
        e.preventDefault()
        send()
      }}
    >
      {leaving && (
        <p class="pd-composer-note">
          <span>{t.leaveTitle}</span>
          <button type="button" class="pd-link" onClick={onLeft}>{t.leaveBack}</button>
        </p>
      )}
      <div class={focused ? 'pd-field pd-field-focus' : 'pd-field'}>
        <textarea
          ref={field}
          rows={1}
          value={text}
          aria-label={leaving ? t.leaveTitle : t.composer}
          aria-describedby="pd-count"
          aria-invalid={over > 0 ? 'true' : undefined}
          placeholder={hint}
          enterkeyhint="send"
          onInput={(e) => onText(e.currentTarget.value)}
          onKeyDown={onKeyDown}
          onCompositionStart={() => (composed.current = true)}
          onCompositionEnd={() => setTimeout(() => (composed.current = false), 0)}
          onFocus={() => setFocused(true)}
          onBlur={() => {
            setFocused(false)
            nudgeAfterKeyboard()
          }}
        />
        <button type="submit" class="pd-send" aria-label={t.send} title={t.send} aria-disabled={ready ? undefined : 'true'}>
          <SendIcon />
        </button>
      </div>
      <p class="pd-count" id="pd-count" role="status">
        {limited ? <span class="pd-limited">{t.limited(wait)}</span> : over > 0 ? <span class="pd-too-long">{t.tooLong(over)}</span> : text.length >= countFrom ? t.left2000(text.length) : ''}
      </p>
    </form>
  )
}

/** WeChat on iOS leaves the page pushed up when its keyboard closes (Tencent/weui #758). */
function nudgeAfterKeyboard(): void {
  const ua = navigator.userAgent
  if (/MicroMessenger/i.test(ua) && /iPhone|iPad/.test(ua)) setTimeout(() => scrollTo(0, 0), 100)
}
