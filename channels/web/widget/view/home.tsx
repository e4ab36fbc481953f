import { useState } from 'preact/hooks'
import type { Config } from '../events'
import { useView } from './context'
import { RightIcon } from './icons'

/** What an empty conversation shows: a greeting, the usual questions, and the quick way in for a code on the screen. */
export function Home({ config }: { config: Config }) {
  const { store, t } = useView()
  const [code, setCode] = useState('')
  const send = (e: Event) => {
    e.preventDefault()
    const clean = code.trim()
    // Anything but a code is a sentence of its own: 演示商户 2.
    if (clean) store.say(/^[0-9A-Za-z]{1,10}$/.test(clean) ? t.homeCodeSend(clean) : clean)
  }
  return (
    <div class="pd-home">
      <p class="pd-greeting pd-text">{config.greeting}</p>
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
    </div>
  )
}
