import { useEffect, useState } from 'preact/hooks'
import type { Terminals } from '../events'
import { useView } from '../view/context'
import { TerminalIcon } from '../view/icons'
import { clockTime } from '../view/time'
import { useTexts } from './texts'

/** The merchant's machines as the acquirer's record has them, with the age of the record. */
export function Machines() {
  const { store, t } = useView()
  const m = useTexts()
  const [found, set] = useState<Terminals | 'failed' | null>(null)
  const [attempt, again] = useState(0)
  useEffect(() => {
    const abort = new AbortController()
    set(null)
    store.call<Terminals>('GET', '/terminals', abort.signal).then(set, () => abort.signal.aborted || set('failed'))
    return () => abort.abort()
  }, [attempt])
  if (found && found !== 'failed' && !found.merchant) return null
  return (
    <section class="pd-machines" aria-labelledby="pd-machines">
      <h2 class="pd-label" id="pd-machines">{m.machines}</h2>
      {found === null ? (
        <div class="pd-bone"><span class="pd-sr">{m.machinesLoading}</span></div>
      ) : found === 'failed' ? (
        <button type="button" class="pd-link" onClick={() => again(attempt + 1)}>{m.machinesFailed}</button>
      ) : (
        <>
          <ul>
            {found.terminals.slice(0, 5).map((x) => (
              <li key={x.sn_tail}>
                <TerminalIcon />
                <div>
                  <p class="pd-machine-name">
                    <b>{x.model ? `${x.model} …${x.sn_tail}` : m.machine(x.sn_tail)}</b>
                    <span class="pd-tag">{x.online === undefined ? m.machineState(x.status) : x.online ? m.machineOnline : m.machineOffline}</span>
                  </p>
                  <p class="pd-machine-more">
                    {[
                      x.online !== undefined && x.status !== 'ACTIVE' && m.machineState(x.status),
                      x.signed_in_at ? m.machineSigned(clockTime(x.signed_in_at, t)) : x.last_day && m.machineSeen(x.last_day),
                      x.last_code && m.machineCode(x.last_code),
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </p>
                </div>
              </li>
            ))}
          </ul>
          <p class="pd-hours">{found.terminals.length ? m.machinesSeen(clockTime(found.observed, t)) : m.machinesNone}</p>
        </>
      )}
    </section>
  )
}
