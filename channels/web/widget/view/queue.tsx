import type { QueueState } from '../events'
import { useView } from './context'
import { ClockIcon } from './icons'

export interface QueueProps {
  queue: QueueState | null
  onLeave(): void
  /** The visitor gives the place up and goes on with the bot. */
  onSelf(): void
}

/** Where the visitor stands in the queue, above the composer, with the ways on that do not need an agent. */
export function QueueLine({ queue, onLeave, onSelf }: QueueProps) {
  const { store, t } = useView()
  const open = queue?.open !== false
  const line = open ? t.queueAhead(Math.max(0, (queue?.pos ?? 1) - 1), Math.ceil((queue?.eta_s ?? 0) / 60)) : t.queueClosed
  return (
    <section class="pd-queue" aria-label={t.queueKept}>
      <p class="pd-queue-line" role="status">
        <ClockIcon />
        <span>{line}</span>
      </p>
      <div class="pd-queue-acts">
        <button type="button" class={open ? 'pd-chip' : 'pd-chip pd-chip-main'} onClick={onLeave}>{t.leaveMessage}</button>
        <button type="button" class="pd-chip" onClick={onSelf}>{t.selfService}</button>
        <button type="button" class="pd-chip pd-chip-quiet" onClick={() => store.act('cancel_queue')}>{t.cancelQueue}</button>
      </div>
    </section>
  )
}
