import type { State } from '../store'
import { useView } from './context'
import { AlertIcon } from './icons'

/** Instead of the conversation: the session has expired, or the server does not take us. */
export function Over({ state }: { state: State }) {
  const { store, t } = useView()
  const expired = state.phase === 'expired'
  const phone = state.config?.phone
  return (
    <div class="pd-over" role="alert">
      <AlertIcon />
      <h2>{expired ? t.expired : t.refused}</h2>
      <p class="pd-text">{expired ? t.expiredMore : state.why || t.refusedMore}</p>
      <button type="button" class="pd-button" onClick={() => store.restart()}>{expired ? t.restart : t.retryNow}</button>
      {!expired && phone && (
        <a class="pd-link" href={`tel:${phone.replace(/[^\d+]/g, '')}`}>{t.call(phone)}</a>
      )}
    </div>
  )
}
