import { useState } from 'preact/hooks'
import { keep, kept } from '../keep'
import type { State } from '../store'
import { useView } from '../view/context'
import { CloseIcon } from '../view/icons'
import { useTexts } from './texts'

/** The newest line beside the closed launcher. It can be sent away, and one line is shown once. */
export function Preview({ state, side, theme, onOpen }: { state: State; side: string; theme: string; onOpen(): void }) {
  const { store, t } = useView()
  const m = useTexts()
  const [gone, go] = useState(() => Number(kept(store.site, 'gone')))
  const ev = [...state.events].reverse().find((e) => e.type !== 'rated' && !(e.type === 'message' && e.from === 'user'))
  if (!ev || ev.id <= gone) return null
  const words = ev.type === 'diag' || ev.type === 'ticket' ? ev.title : ev.text
  const name = ev.type === 'message' && ev.from === 'agent' ? (ev.name ? t.agentName(ev.name) : t.agent) : t.bot
  return (
    <div class={`pd pd-preview pd-side-${side}`} lang={t.locale} data-theme={theme} role="status">
      <button type="button" class="pd-preview-open" onClick={onOpen}>
        <b>{name}</b>
        <span class="pd-text">{words || m.previewMore(state.unread)}</span>
      </button>
      <button
        type="button"
        class="pd-icon-button"
        aria-label={m.previewClose}
        title={m.previewClose}
        onClick={() => {
          keep(store.site, 'gone', String(ev.id))
          go(ev.id)
        }}
      >
        <CloseIcon />
      </button>
    </div>
  )
}
