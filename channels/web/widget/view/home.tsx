import { useState } from 'preact/hooks'
import type { State } from '../store'
import { useMore } from '../lazy'
import { useView } from './context'
import { RightIcon } from './icons'

/** What an empty conversation shows: a greeting, the usual questions, and the quick way in for a code on the screen. */
export function Home({ state, onContinue }: { state: State; onContinue?: (() => void) | undefined }) {
  const { store, t } = useView()
  const config = state.config!
  const { merchant } = state.holder
  const more = useMore(!!merchant)
  const [code, setCode] = useState('')
  const send = (e: Event) => {
    e.preventDefault()
    const clean = code.trim()
    // Anything but a code is a sentence of its own: 演示商户 2.
    if (clean) store.say(/^[0-9A-Za-z]{1,10}$/.test(clean) ? t.homeCodeSend(clean) : clean)
  }
  return (
    <div class="pd-home">
      <p class="pd-greeting pd-text">
        {merchant && !config.greeting.startsWith(merchant.name) && <b>{t.homeShop(merchant.name)}</b>}
        {config.greeting}
      </p>
      {onContinue && (
        <button type="button" class="pd-continue" onClick={onContinue}>
          <span>
            <b>{t.homeContinue}</b>
            <span class="pd-text">{lastWords(state.events)}</span>
          </span>
          <RightIcon />
        </button>
      )}
      {merchant && more && <more.Machines />}
      <form class="pd-code" onSubmit={send}>
        <label class="pd-label" for="pd-code">{t.homeCode}</label>
        <div class="pd-code-row">
          <input
            id="pd-code"
            type="text"
            maxLength={16}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            enterkeyhint="search"
            placeholder={t.homeCodeHint}
            value={code}
            onInput={(e) => setCode(e.currentTarget.value)}
          />
          <button type="submit" class="pd-button" aria-disabled={code.trim() ? undefined : 'true'}>{t.homeCodeGo}</button>
        </div>
      </form>
      {config.topics.length > 0 && (
        <div role="group" aria-labelledby="pd-topics">
          <h2 class="pd-label" id="pd-topics">{t.homeTopics}</h2>
          <ul class="pd-topics">
            {config.topics.map((topic) => (
              <li key={topic}>
                <button type="button" onClick={() => store.say(topic)}>
                  <span class="pd-text">{topic}</span>
                  <RightIcon />
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      {config.hours?.text && <p class="pd-hours pd-text">{config.hours.text}</p>}
    </div>
  )
}

/** What was said last, short enough for a line. */
function lastWords(events: State['events']): string {
  for (let i = events.length - 1; i >= 0; i--) {
    const ev = events[i]!
    const words = ev.type === 'diag' || ev.type === 'ticket' ? ev.title : ev.text
    if (words) return words.split('\n')[0]!.slice(0, 60)
  }
  return ''
}
