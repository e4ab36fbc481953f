import type { Choice } from '../events'
import { useView } from './context'

/** The answers one may tap. Typing an answer's words works as well, so these are never the only way on. */
export function Choices({ choices }: { choices: Choice[] }) {
  const { store, t } = useView()
  return (
    <div class="pd-choices" role="group" aria-label={t.choices}>
      {choices.map((c) => (
        <button key={c.id} type="button" class="pd-chip pd-text" onClick={() => store.choose(c)}>{c.text}</button>
      ))}
    </div>
  )
}
