import { useState } from 'preact/hooks'
import type { Ticket } from '../events'
import { useTexts } from './texts'
import { TicketIcon } from '../view/icons'

/** A ticket that was opened or has moved on. The number is what a merchant reads out on the phone. */
export function TicketCard({ ev }: { ev: Ticket }) {
  const m = useTexts()
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(ev.no)
      setCopied(true)
      setTimeout(() => setCopied(false), 2000)
    } catch {
      // not allowed here; the number can be selected
    }
  }
  const hint = hintOf(ev)
  return (
    <article class="pd-ticket" aria-label={`${m.ticket} ${ev.no}`}>
      <span class="pd-ticket-icon"><TicketIcon /></span>
      <div class="pd-ticket-body">
        <p class="pd-ticket-head">
          <span class="pd-ticket-title pd-text">{ev.title || m.ticket}</span>
          <span class="pd-tag">{m.ticketStatus(ev.status)}</span>
        </p>
        {ev.no && (
          <p class="pd-ticket-no">
            <span>{m.ticketNo} <b>{ev.no}</b></span>
            {'clipboard' in navigator && (
              <button type="button" class="pd-link" onClick={copy} aria-live="polite">{copied ? m.ticketCopied : m.ticketCopy}</button>
            )}
          </p>
        )}
        {hint && <p class="pd-ticket-hint pd-text">{hint}</p>}
      </div>
    </article>
  )
}

/** What the event's text says beyond the number, which stands above it. */
function hintOf(ev: Ticket): string {
  const sentences = (ev.text ?? '').match(/[^。！？\n]+[。！？]?/g) ?? []
  return sentences.filter((s) => !ev.no || !s.includes(ev.no)).join('').trim()
}
