import { useEffect, useRef, useState } from 'preact/hooks'
import type { Terminals } from '../events'
import { useView } from '../view/context'
import { useTexts } from './texts'

/** The message box: what is known stands in the fields already, and nothing is asked that is on record. */
export function LeaveForm({ text, onDone }: { text: string; onDone(sent: boolean): void }) {
  const { store, t } = useView()
  const m = useTexts()
  const [problem, setProblem] = useState(() => text || about(store.state.events, t.escalate))
  const [phone, setPhone] = useState('')
  const [sn, setSN] = useState('')
  const [wrong, setWrong] = useState('')
  const first = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    first.current?.focus()
    if (!store.state.holder.merchant) return
    const abort = new AbortController()
    store.call<Terminals>('GET', '/terminals', abort.signal).then(
      (r) => r.terminals.length === 1 && setSN(r.terminals[0]!.sn_tail),
      () => undefined,
    )
    return () => abort.abort()
  }, [])
  const send = (e: Event) => {
    e.preventDefault()
    if (!problem.trim()) return setWrong('problem')
    if (phone.trim() && phone.replace(/[^\d]/g, '').length < 7) return setWrong('phone')
    store.act('leave_message', m.leaveText(problem.trim(), phone.trim(), sn.trim()).slice(0, 2000))
    onDone(true)
  }
  const invalid = (name: string) => (wrong === name ? 'true' : undefined)
  return (
    <form class="pd-leave" aria-labelledby="pd-leave" noValidate onSubmit={send}>
      <h2 id="pd-leave">{m.leaveTitle}</h2>
      <label>
        <span class="pd-label">{m.leaveProblem}</span>
        <textarea ref={first} rows={3} maxLength={1800} value={problem} aria-invalid={invalid('problem')} aria-describedby="pd-leave-wrong" onInput={(e) => setProblem(e.currentTarget.value)} />
      </label>
      <div class="pd-leave-row">
        <label>
          <span class="pd-label">{m.leavePhone}</span>
          <input type="tel" autocomplete="tel" maxLength={24} value={phone} aria-invalid={invalid('phone')} aria-describedby="pd-leave-wrong" onInput={(e) => setPhone(e.currentTarget.value)} />
        </label>
        <label>
          <span class="pd-label">{m.leaveSN}</span>
          <input type="text" autocomplete="off" maxLength={32} value={sn} onInput={(e) => setSN(e.currentTarget.value)} />
        </label>
      </div>
      <p class="pd-too-long" id="pd-leave-wrong" role="status">{wrong && (wrong === 'phone' ? m.leavePhoneBad : m.leaveNeeds)}</p>
      <div class="pd-leave-acts">
        <button type="submit" class="pd-button">{m.leaveSend}</button>
        <button type="button" class="pd-link" onClick={() => onDone(false)}>{m.leaveBack}</button>
      </div>
    </form>
  )
}

/** What the talk is about: the newest card's title, else what the visitor said first, beside asking for a person. */
function about(events: ReturnType<typeof useView>['store']['state']['events'], human: string): string {
  let said = ''
  for (let i = events.length - 1; i >= 0; i--) {
    const ev = events[i]!
    if (ev.type === 'diag') return ev.title + (ev.code && !ev.title.includes(ev.code) ? `（${ev.code}）` : '')
    if (ev.type === 'message' && ev.from === 'user' && !ev.media && ev.text !== '转人工' && ev.text !== human) said = ev.text
    if (ev.type === 'ended') break
  }
  return said
}
