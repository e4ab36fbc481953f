import type { State } from '../store'
import { useView } from '../view/context'
import { AlertIcon } from '../view/icons'
import { useTexts } from './texts'

/** Instead of the conversation: the session has expired, or the server does not take us. */
export function Over({ state }: { state: State }) {
  const { store, t } = useView()
  const m = useTexts()
  const expired = state.phase === 'expired'
  const phone = state.config?.phone
  return (
    <div class="pd-over" role="alert">
      <AlertIcon />
      <h2>{expired ? t.expired : t.refused}</h2>
      <p class="pd-text">{expired ? m.expiredMore : state.why || m.refusedMore}</p>
      <button type="button" class="pd-button" onClick={() => store.restart()}>{expired ? m.restart : t.retryNow}</button>
      {!expired && phone && (
        <a class="pd-link" href={`tel:${phone.replace(/[^\d+]/g, '')}`}>{m.call(phone)}</a>
      )}
    </div>
  )
}
