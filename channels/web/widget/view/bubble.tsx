import type { ComponentChildren } from 'preact'
import type { Message } from '../events'
import type { Pending } from '../store'
import { useNow, useView } from './context'
import type { More } from '../lazy'
import { AlertIcon } from './icons'

export function Bubble({ from, children }: { from: 'user' | 'bot' | 'agent'; children: ComponentChildren }) {
  return <div class={`pd-bubble pd-text pd-from-${from}`}>{children}</div>
}

/** One durable message. Text stays text: it is a text node, lines kept by CSS. */
export function MessageBubble({ ev, more }: { ev: Message; more: More | null }) {
  const { t } = useView()
  if (ev.from === 'system') return <SystemLine text={ev.text} />
  return (
    <div class={`pd-row pd-row-${ev.from}`}>
      {ev.from === 'user' && <span class="pd-sr">{t.you}：</span>}
      {ev.media?.kind === 'image' && more ? <more.PictureLine ev={ev} /> : <Bubble from={ev.from}>{ev.text}</Bubble>}
    </div>
  )
}

/** What happened, in the middle of the log: joined, left, ended. */
export function SystemLine({ text, strong }: { text: string; strong?: boolean }) {
  return <p class={`pd-system pd-text${strong ? ' pd-system-strong' : ''}`}>{text}</p>
}

/** Something the visitor sent that the log does not hold yet, with what became of it. */
export function PendingBubble({ p, limitedUntil, more }: { p: Pending; limitedUntil: number; more: More | null }) {
  const { store, t } = useView()
  const limited = useNow(p.state === 'failed' && limitedUntil > 0) < limitedUntil
  const retry = (label: string) => (
    <button type="button" class="pd-retry" aria-disabled={limited ? 'true' : undefined} onClick={() => store.retry(p.cid)}>
      <AlertIcon />
      <span>{label}</span>
    </button>
  )
  if (p.picture) return more && <more.PictureSending p={p} picture={p.picture} />
  if (p.text === null) {
    const name = p.frame?.t === 'act' ? p.frame.name : 'choose'
    return p.state === 'failed' ? <div class="pd-system">{retry(t.actFailed(name))}</div> : <SystemLine text={t.acting(name)} />
  }
  return (
    <div class={`pd-row pd-row-user pd-${p.state}`}>
      <span class="pd-sr">{t.you}：</span>
      <Bubble from="user">{p.text}</Bubble>
      {p.state === 'failed' ? (
        <div class="pd-fate">
          {p.why && <span class="pd-why pd-text">{p.why}</span>}
          {retry(t.failed)}
        </div>
      ) : (
        <span class="pd-fate">{p.state === 'sending' ? t.sending : t.sent}</span>
      )}
    </div>
  )
}

export function Typing({ who }: { who: string }) {
  const { t } = useView()
  return (
    <div class="pd-row pd-row-bot">
      <div class="pd-bubble pd-from-bot pd-typing">
        <span class="pd-dot" />
        <span class="pd-dot" />
        <span class="pd-dot" />
        <span class="pd-sr">{t.typing(who)}</span>
      </div>
    </div>
  )
}
