import type { RefObject } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useMore } from '../lazy'
import type { State } from '../store'
import { useNow, useView } from './context'
import { ImageIcon, SendIcon } from './icons'

const longest = 2000
const countFrom = 1800

/** What open suggestions do with a key; true means it was theirs. */
export type Steps = (e: KeyboardEvent) => boolean

export interface ComposerProps {
  state: State
  field: RefObject<HTMLTextAreaElement | null>
  text: string
  onText(text: string): void
}

export function Composer({ state, field, text, onText }: ComposerProps) {
  const { store, t, more: fetch } = useView()
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
  }, [text])

  const send = (words = text) => {
    if (!ready) return
    store.say(words.trim())
    onText('')
    field.current?.focus()
  }
  const asking = state.holder.mode === 'bot' && focused && text.trim().length > 1
  const more = useMore(asking)
  const suggest = useRef<Steps | null>(null)
  const attach = (files: ArrayLike<File> | null | undefined) => {
    const picture = Array.from(files ?? []).find((f) => f.type.startsWith('image/'))
    if (picture) fetch().then((m) => m.sendPicture(store, picture, t.locale), () => undefined)
    return !!picture
  }
  const upload = state.config?.upload === true && state.holder.mode !== 'closed'

  const onKeyDown = (e: KeyboardEvent) => {
    // Enter that picks a word in an input method must never send: Chrome says isComposing, others keyCode 229, and
    // Safari ends the composition just before the key arrives.
    if (e.isComposing || e.keyCode === 229 || composed.current) return
    if (suggest.current?.(e)) return
    if (e.key === 'Enter' && !e.shiftKey && !e.ctrlKey && !e.altKey && !e.metaKey) {
      e.preventDefault()
      send()
    }
  }

  const { mode } = state.holder
  const hint = mode === 'agent' ? t.composerAgent : mode === 'queue' ? t.composerQueue : t.composerHint
  return (
    <form
      class="pd-composer"
      onDragOver={(e) => upload && e.preventDefault()}
      onDrop={(e) => upload && attach(e.dataTransfer?.files) && e.preventDefault()}
      onSubmit={(e) => {
        e.preventDefault()
        send()
      }}
    >
      {asking && more && <more.Suggestions text={text} field={field} steps={suggest} onPick={send} />}
      <div class={focused ? 'pd-field pd-field-focus' : 'pd-field'}>
        {upload && (
          <label class="pd-icon-button pd-attach" title={t.picture}>
            <ImageIcon />
            <input
              type="file"
              accept="image/*"
              class="pd-sr"
              aria-label={t.picture}
              onChange={(e) => {
                attach(e.currentTarget.files)
                e.currentTarget.value = ''
              }}
            />
          </label>
        )}
        <textarea
          ref={field}
          rows={1}
          value={text}
          aria-label={t.composer}
          aria-describedby="pd-count"
          aria-invalid={over > 0 ? 'true' : undefined}
          placeholder={hint}
          enterkeyhint="send"
          onInput={(e) => onText(e.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={(e) => upload && attach(e.clipboardData?.files) && e.preventDefault()}
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
