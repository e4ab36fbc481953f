import { useEffect, useRef, useState } from 'preact/hooks'
import { useMore } from '../lazy'
import type { State } from '../store'
import { useBack, useView } from './context'
import { CheckIcon, DownIcon, MoreIcon, PersonIcon, TerminalIcon } from './icons'

export interface HeaderProps {
  state: State
  titleID: string
  /** 0 is as the page's own letters, 1 and 2 are larger. */
  size: number
  onSize(size: number): void
  onLanguage(): void
  onHome(): void
  /** Absent on the full page, which cannot be closed. */
  onClose?: (() => void) | undefined
}

/** Who answers now, and the way to a person, always in the same place. */
export function Header(props: HeaderProps) {
  const { state, titleID, onClose } = props
  const { store, t } = useView()
  const mode = state.holder.mode
  const usable = state.phase === 'ready' || state.phase === 'loading'
  const asked = mode === 'queue' || mode === 'agent' || state.pending.some((p) => p.frame?.t === 'act' && p.frame.name === 'escalate' && p.state !== 'failed')
  const Title = onClose ? 'h2' : 'h1' // a panel is part of a page that has its own h1
  return (
    <div class="pd-header">
      <span class={`pd-mark pd-mark-${mode}`} aria-hidden="true">
        {mode === 'agent' ? <PersonIcon /> : <TerminalIcon />}
      </span>
      <div class="pd-who">
        <Title class="pd-title" id={titleID}>{state.config?.title || t.title}</Title>
        <p class="pd-holder">{holderLine(state, t)}</p>
      </div>
      <button
        type="button"
        class="pd-escalate"
        aria-disabled={asked || !usable ? 'true' : undefined}
        onClick={() => {
          if (!asked && usable) store.act('escalate')
        }}
      >
        {asked ? <CheckIcon /> : <PersonIcon />}
        <span>{asked ? t.escalated : t.escalate}</span>
      </button>
      <Menu {...props} usable={usable} />
      {onClose && (
        <button type="button" class="pd-icon-button" aria-label={t.collapse} title={t.collapse} onClick={onClose}>
          <DownIcon />
        </button>
      )}
    </div>
  )
}

function holderLine(state: State, t: ReturnType<typeof useView>['t']): string {
  if (state.phase === 'loading') return t.connecting
  if (state.phase !== 'ready') return ''
  const { mode, agent, queue } = state.holder
  if (mode === 'agent') return agent ? t.agentName(agent.name) : t.agent
  if (mode === 'queue') return queue && !queue.open ? t.holderLeave : t.holderQueue
  return mode === 'closed' ? t.holderClosed : t.holderBot
}

function Menu(props: HeaderProps & { usable: boolean }) {
  const { t } = useView()
  const [open, setOpen] = useState(false)
  const more = useMore(open)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)

  useEffect(() => {
    if (!open) return
    const outside = (e: Event) => {
      if (box.current && !e.composedPath().includes(box.current)) setOpen(false)
    }
    document.addEventListener('pointerdown', outside)
    return () => document.removeEventListener('pointerdown', outside)
  }, [open])

  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  useBack(open, close)
  return (
    <div
      class="pd-menu"
      ref={box}
      onKeyDown={(e) => {
        if (e.key === 'Escape' && open) {
          e.stopPropagation()
          close()
        }
      }}
      onFocusOut={(e) => {
        if (e.relatedTarget && !box.current?.contains(e.relatedTarget as Node)) setOpen(false)
      }}
    >
      <button type="button" ref={button} class="pd-icon-button" aria-label={t.more} title={t.more} aria-expanded={open} onClick={() => setOpen(!open)}>
        <MoreIcon />
      </button>
      {open && more && <more.MenuList {...props} close={close} />}
    </div>
  )
}
