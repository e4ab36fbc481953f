import type { State } from '../store'
import { useNow, useView } from './context'
import { OfflineIcon } from './icons'

const sayAfter = 2_000
const offerAfter = 30_000

/** Says that the connection is gone, after the moment in which it usually comes back by itself. */
export function ConnectionBar({ state }: { state: State }) {
  const { store, t } = useView()
  const down = state.link !== 'up' && (state.phase === 'ready' || state.phase === 'loading')
  const away = useNow(down) - state.downSince
  const replaced = state.link === 'replaced'
  const shown = down && (replaced || away >= sayAfter)
  const long = away >= offerAfter
  return (
    <div class="pd-bar-slot" role="status">
      {shown && (
        <div class="pd-bar">
          <OfflineIcon />
          <span class="pd-bar-text">{replaced ? t.replaced : long ? t.offlineLong : t.offline}</span>
          {(replaced || long) && (
            <button type="button" class="pd-bar-button" onClick={() => store.retryNow()}>{replaced ? t.here : t.retryNow}</button>
          )}
        </div>
      )}
    </div>
  )
}
