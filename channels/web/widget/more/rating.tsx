import { useState } from 'preact/hooks'
import type { Rating as Ev } from '../events'
import { keep, kept } from '../keep'
import { useNow, useView } from '../view/context'
import { useTexts } from './texts'

const editable = 24 * 3_600_000

/** Asks how it was: five words, whether it is solved, room for more. What was said may be changed for a day. */
export function Rating({ ev, rated }: { ev: Ev; rated: Ev | undefined }) {
  const { store, t } = useView()
  const m = useTexts()
  const [score, setScore] = useState(rated?.score ?? 0)
  const [solved, setSolved] = useState<boolean | undefined>(rated?.solved)
  const [text, setText] = useState('')
  const [editing, edit] = useState(false)
  const [skipped, skip] = useState(() => Number(kept(store.site, 'skipped')) >= ev.id)
  const open = useNow(false) - ev.ts < editable
  const sending = store.state.pending.some((p) => p.frame?.t === 'act' && p.frame.name === 'csat')
  if (((rated || skipped) && !editing) || !open) {
    const line = rated?.score ? m.ratingThanks(m.ratings[rated.score - 1] ?? '') : skipped ? m.ratingSkipped : ev.text || m.ratingTitle
    return (
      <p class="pd-system">
        <span class="pd-text">{line}</span>
        {open && <button type="button" class="pd-link" onClick={() => edit(true)}>{m.ratingEdit}</button>}
      </p>
    )
  }
  const send = (e: Event) => {
    e.preventDefault()
    if (!score || sending) return
    store.rate(score, solved, text.trim())
    edit(false)
  }
  const id = `pd-rating-${ev.id}`
  return (
    <form class="pd-card pd-rating" aria-labelledby={id} onSubmit={send}>
      <h2 id={id}>{(t.locale === 'en' ? '' : ev.text) || (ev.agent?.name ? m.ratingAgent(ev.agent.name) : m.ratingTitle)}</h2>
      <div class="pd-scores" role="group" aria-labelledby={id}>
        {m.ratings.map((word, i) => (
          <button key={i} type="button" class="pd-chip" aria-pressed={score === i + 1} onClick={() => setScore(i + 1)}>{word}</button>
        )).reverse()}
      </div>
      {score > 0 && (
        <>
          <div class="pd-scores" role="group" aria-label={m.ratingSolved}>
            <span class="pd-label">{m.ratingSolved}</span>
            <button type="button" class="pd-chip" aria-pressed={solved === true} onClick={() => setSolved(true)}>{m.ratingYes}</button>
            <button type="button" class="pd-chip" aria-pressed={solved === false} onClick={() => setSolved(false)}>{m.ratingNo}</button>
          </div>
          <label>
            <span class="pd-label">{m.ratingText}</span>
            <textarea rows={2} maxLength={500} value={text} onInput={(e) => setText(e.currentTarget.value)} />
          </label>
        </>
      )}
      <div class="pd-leave-acts">
        {score > 0 && <button type="submit" class="pd-button" aria-disabled={sending ? 'true' : undefined}>{m.ratingSend}</button>}
        <button
          type="button"
          class="pd-link"
          onClick={() => {
            if (!rated) keep(store.site, 'skipped', String(ev.id))
            skip(!rated)
            edit(false)
          }}
        >
          {m.ratingSkip}
        </button>
      </div>
    </form>
  )
}
