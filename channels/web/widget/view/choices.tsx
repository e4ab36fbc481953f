import type { Choice } from '../events'
import { useView } from './context'

/**
 * The answers one may tap. Typing an answer's words works as well, so these are never the only way on.
 * Away, they only keep their place in the log while they are docked below it.
 */
export function Choices({ choices, away }: { choices: Choice[]; away?: boolean }) {
  const { store, t } = useView()
  return (
    <div class={away ? 'pd-choices pd-choices-away' : 'pd-choices'} role="group" aria-label={t.choices}>
      {choices.map((c) => (
        <button key={c.id} type="button" class="pd-chip pd-text" onClick={() => store.choose(c)}>{c.text}</button>
      ))}
    </div>
  )
}
