import type { QueueState } from '../events'
import { useView } from '../view/context'
import { ClockIcon } from '../view/icons'
import { clockTime } from '../view/time'
import { useTexts } from './texts'

export interface QueueProps {
  queue: QueueState | null
  onLeave(): void
  /** The visitor gives the place up and goes on with the bot. */
  onSelf(words: string): void
}

/** Where the visitor stands in the queue, above the composer, with the ways on that do not need an agent. */
export function QueueLine({ queue, onLeave, onSelf }: QueueProps) {
  const { store, t } = useView()
  const m = useTexts()
  const open = queue?.open !== false
  const why = t.locale === 'en' ? '' : queue?.text // the server's sentence is Chinese
  const closed = () => (queue?.opens_at ? m.queueOpens(clockTime(queue.opens_at, t)) : [store.state.config?.hours?.text, m.queueClosed].filter(Boolean).join('\n'))
  const line = open ? m.queueAhead(Math.max(0, (queue?.pos ?? 1) - 1), Math.ceil((queue?.eta_s ?? 0) / 60)) + (why ? `\n${why}` : '') : why || closed()
  return (
    <section class="pd-queue" aria-label={m.queueKept}>
      <p class="pd-queue-line" role="status">
        <ClockIcon />
        <span class="pd-text">{line}</span>
      </p>
      <div class="pd-queue-acts">
        <button type="button" class={open ? 'pd-chip' : 'pd-chip pd-chip-main'} onClick={onLeave}>{m.leaveMessage}</button>
        <button type="button" class="pd-chip" onClick={() => onSelf(m.selfService)}>{m.selfService}</button>
        <button type="button" class="pd-chip pd-chip-quiet" onClick={() => store.act('cancel_queue')}>{m.cancelQueue}</button>
      </div>
    </section>
  )
}
