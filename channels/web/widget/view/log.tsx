import type { ComponentChild } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ChatEvent, Message, Rating as Rated } from '../events'
import { type More, moreFailed, useMore } from '../lazy'
import type { State } from '../store'
import type { Texts } from '../texts'
import { Bubble, MessageBubble, PendingBubble, SystemLine, Typing } from './bubble'
import { Choices } from './choices'
import { useView } from './context'
import { Home } from './home'
import { DownIcon } from './icons'
import { clockTime, dayName, isSameDay } from './time'

const nearEnd = 80
/** Room above the beginning of a reply, px. */
const aboveNew = 8
/** How much of the choices must be in sight, px: their first row. */
const enoughOfChoices = 44
/** Within this time, ms, lines belong to one reply. */
const sameReply = 3_000
const sameTurn = 120_000

/** A talk that has rested so long, ms, is begun anew from the home screen. */
const restsAfter = 30 * 60_000

/** The conversation. New events are read out once each, because they are added to a log that is already there. home counts the wishes to see the home screen. */
export function Log({ state, home }: { state: State; home: number }) {
  const { t, store } = useView()
  const box = useRef<HTMLDivElement>(null)
  const [behind, setBehind] = useState(false)
  /** The choices of the open question are below what is in sight, so they are docked. */
  const [docked, setDocked] = useState(false)
  const follow = useRef(true)
  const atEnd = useRef(true)
  const shownTo = useRef(0)
  const height = useRef(0)
  const placed = useRef(0)
  /** The first line of the reply that is coming in, which stays in sight; 0 is none. */
  const reply = useRef({ id: 0, at: 0, progress: false })
  const held = useRef<{ first: number; height: number } | null>(null)
  const { events, pending, typing } = state
  const firstID = events[0]?.id ?? 0
  const lastID = events[events.length - 1]?.id ?? 0
  const loading = state.phase === 'loading' && events.length === 0
  const begun = pending.length > 0 || state.more || events.some((e) => e.type !== 'message' || e.from === 'user' || e.from === 'agent')
  /** The newest line when the home screen was put before the talk; 0 when it is not. */
  const [resting, rest] = useState(0)
  const looked = useRef(false)
  useLayoutEffect(() => {
    if (home) rest(lastID)
  }, [home])
  useLayoutEffect(() => {
    if (loading) return
    const last = events[events.length - 1]
    const quiet = !looked.current && last && Date.now() - last.ts > restsAfter && (state.holder.mode === 'bot' || state.holder.mode === 'closed')
    looked.current = true
    if (quiet) rest(lastID)
    else if (resting && (pending.length > 0 || resting !== lastID)) rest(0)
  }, [state.phase, lastID, pending.length])
  const talked = begun && !resting
  const more = useMore(begun)

  const put = (top: number) => {
    const el = box.current!
    el.scrollTop = top
    placed.current = el.scrollTop
    look()
  }
  /** Learns from the place in the log whether to follow the end and what is out of sight below. */
  const look = () => {
    const el = box.current!
    // The whole room, with the strip below the log; before a change of size is told, the size as it was.
    const view = Math.max(el.parentElement!.clientHeight, height.current)
    const rest = el.scrollHeight - view - el.scrollTop
    const choices = el.querySelector<HTMLElement>('.pd-choices')
    const below = choices !== null && choices.offsetTop + enoughOfChoices > el.scrollTop + view
    atEnd.current = rest < 2
    follow.current = !talked || (rest < nearEnd && !below)
    setDocked(talked && below)
    if (follow.current) setBehind(false)
  }

  // Keep the end in sight while the visitor is there; a reply taller than the view is shown from its beginning.
  useLayoutEffect(() => {
    const el = box.current
    if (!el) return
    const before = held.current
    if (before && before.first !== firstID) {
      put(el.scrollTop + el.scrollHeight - before.height) // older messages came in above
      held.current = null
      return
    }
    const first = shownTo.current === 0
    const news = events.filter((e) => e.id > shownTo.current)
    shownTo.current = lastID
    const r = reply.current
    if (Date.now() - r.at > sameReply) r.id = 0
    const stay = follow.current || r.id > 0
    for (const ev of news) {
      const progress = ev.type === 'message' && ev.progress === true
      if (isOwn(ev)) r.id = 0
      else if (stay && (!r.id || r.progress || (follow.current && ofAgent(ev)))) Object.assign(r, { id: ev.id, progress }) // each line of a person is a reply
      r.at = Date.now()
    }
    if (!stay) {
      if (news.length) setBehind(true)
      return look()
    }
    const start = r.id && !first ? el.querySelector<HTMLElement>(`[data-id="${r.id}"]`) : null
    const named = start?.previousElementSibling as HTMLElement | null | undefined
    const from = named?.classList.contains('pd-speaker') ? named : start
    put(!talked ? 0 : from ? Math.min(el.scrollHeight, from.offsetTop - aboveNew) : el.scrollHeight)
    if (!follow.current && news.length) setBehind(true)
  }, [firstID, lastID, pending.length, typing, loading, talked])

  useLayoutEffect(() => {
    if (follow.current && !held.current) store.trim() // nobody reads what is far above
  }, [lastID])

  // Sending always returns to the end.
  useLayoutEffect(() => {
    if (pending.length) toEnd()
  }, [pending.length])

  // The keyboard or the queue line takes room, or letters grow: the last message stays in sight.
  const resized = useRef(() => {})
  resized.current = () => {
    const el = box.current!
    const now = el.parentElement!.clientHeight
    const lost = height.current - now
    height.current = now
    if (atEnd.current && talked) put(el.scrollHeight)
    else if (follow.current && lost > 0) put(el.scrollTop + lost)
    else look()
  }
  useLayoutEffect(() => {
    const el = box.current
    if (!el || typeof ResizeObserver === 'undefined') return
    height.current = el.parentElement!.clientHeight
    const watch = new ResizeObserver(() => resized.current())
    watch.observe(el.parentElement!)
    watch.observe(el.firstElementChild!)
    return () => watch.disconnect()
  }, [])

  const toEnd = () => {
    reply.current.id = 0
    if (box.current) put(box.current.scrollHeight)
  }
  const onScroll = () => {
    if (!box.current) return // the page took the chat away meanwhile
    const top = box.current.scrollTop
    if (Math.abs(top - placed.current) > 2) reply.current.id = 0 // the visitor reads elsewhere
    placed.current = top
    look()
  }

  const open = openChoices(state)
  const away = docked && open !== null
  const rows = useMemo(() => eventRows(events, t, open, away, more, state.holder.mode === 'bot'), [events, t, open, away, more, state.holder.mode])
  const greeting = state.config?.greeting
  const greeted = state.more || (events[0]?.type === 'message' && events[0].text === greeting)
  return (
    <div class="pd-log-wrap">
      <div class="pd-log" ref={box} role="log" aria-live="polite" aria-label={t.log} aria-busy={loading} tabIndex={0} onScroll={onScroll}>
        <div class="pd-log-inner">
          {loading && <Skeleton label={t.loading} />}
          {!loading && state.config && !talked && <Home state={state} onContinue={begun ? () => rest(0) : undefined} />}
          {!loading && talked && greeting && !greeted && (
            <div class="pd-row pd-row-bot">
              <Bubble from="bot">{greeting}</Bubble>
            </div>
          )}
          {state.more && !resting && (
            <Older
              onLoad={() => {
                const el = box.current
                held.current = el ? { first: firstID, height: el.scrollHeight } : null
              }}
              onDone={() => void (held.current = null)}
            />
          )}
          {!resting && (talked || !greeted) && rows}
          {pending.map((p) => (
            <PendingBubble key={p.cid} p={p} limitedUntil={state.limitedUntil} more={more} />
          ))}
          {typing && <Typing who={typing === 'agent' ? (state.holder.agent?.name ?? t.agent) : t.bot} />}
        </div>
      </div>
      {away ? (
        <div class="pd-strip">
          <button type="button" class="pd-asked" title={t.toQuestion} onClick={toEnd}>
            <span class="pd-text">{open!.text}</span>
            <DownIcon />
          </button>
          <Choices choices={open!.choices!} />
        </div>
      ) : (
        behind && (
          <div class="pd-strip">
            <button type="button" class="pd-newer" onClick={toEnd}>
              <DownIcon />
              <span>{t.newer}</span>
            </button>
          </div>
        )
      )}
    </div>
  )
}

/** The events as rows, with day lines and a line that names the speaker when the speaker changes. */
function eventRows(events: readonly ChatEvent[], t: Texts, open: Message | null, away: boolean, more: More | null, bot: boolean): ComponentChild[] {
  const rows: ComponentChild[] = []
  // Each rating asked for is one card, with the visitor's newest answer to it.
  const ratings = new Map<number, ChatEvent>()
  let asked = 0
  let card = 0
  for (const ev of events) {
    if (ev.type === 'csat') asked = ev.id
    if (ev.type === 'diag') card = ev.id
    if (ev.type === 'rated' && asked) ratings.set(asked, ev)
  }
  let before: ChatEvent | undefined
  for (const ev of events) {
    if (ev.type === 'rated' && asked) continue
    const newDay = !before || !isSameDay(before.ts, ev.ts)
    if (newDay && (before || !isSameDay(ev.ts, Date.now()))) rows.push(<p key={`d${ev.id}`} class="pd-day"><span>{dayName(ev.ts, t)}</span></p>)
    const speaker = speakerOf(ev, t)
    if (speaker && (newDay || !before || speakerOf(before, t) !== speaker || ev.ts - before.ts > sameTurn)) {
      rows.push(
        <p key={`s${ev.id}`} class={isOwn(ev) ? 'pd-speaker pd-speaker-user' : 'pd-speaker'}>
          {!isOwn(ev) && <span>{speaker}</span>} <time>{clockTime(ev.ts, t).slice(-5)}</time>
        </p>,
      )
    }
    rows.push(<div key={ev.id} data-id={ev.id} class="pd-item">{eventView(ev, t, more, ratings.get(ev.id), bot && ev.id === card)}</div>)
    if (ev === open) rows.push(<Choices key={`c${ev.id}`} choices={open.choices!} away={away} />)
    before = ev
  }
  return rows
}

function eventView(ev: ChatEvent, t: Texts, more: More | null, rated: ChatEvent | undefined, current: boolean): ComponentChild {
  switch (ev.type) {
    case 'message':
      return <MessageBubble ev={ev} more={more} />
    case 'ticket':
      return more ? <more.TicketCard ev={ev} /> : later(ev)
    case 'diag':
      return more ? <more.Card ev={ev} current={current} /> : later(ev)
    case 'csat':
      return more ? <more.Rating ev={ev} rated={rated as Rated | undefined} /> : <SystemLine text={ev.text || t.csat} />
    case 'rated':
      return <SystemLine text={ev.text || t.csatThanks} />
    case 'transferred':
      return <SystemLine text={ev.text || t.transferred} />
    case 'queued':
      return <SystemLine text={ev.text || (ev.open ? t.queueEntered : t.queueClosed)} />
    case 'joined':
      return <SystemLine text={ev.text || t.joined(ev.agent?.name ?? '')} strong />
    case 'left':
      return <SystemLine text={ev.text || t.left} />
    case 'ended':
      return <SystemLine text={ev.text || t.endedLine} />
  }
}

/** In the place of a card whose part is on its way; its words when the part cannot be had. */
const later = (ev: ChatEvent): ComponentChild => (moreFailed() && ev.text ? <Bubble from="bot">{ev.text}</Bubble> : <div class="pd-bone" />)

const isOwn = (ev: ChatEvent): boolean => ev.type === 'message' && ev.from === 'user'

const ofAgent = (ev: ChatEvent): boolean => ev.type === 'message' && ev.from === 'agent'

function speakerOf(ev: ChatEvent, t: Texts): string {
  if (ev.type === 'diag' || ev.type === 'ticket') return t.bot
  if (ev.type !== 'message' || ev.from === 'system') return ''
  if (ev.from === 'agent') return ev.name ? t.agentName(ev.name) : t.agent
  return ev.from === 'user' ? t.you : t.bot
}

/** The latest message with choices, until the visitor has answered in any way. */
function openChoices(state: State): Message | null {
  if (state.holder.mode === 'agent' || state.pending.some((p) => p.text !== null && p.state !== 'failed')) return null
  for (let i = state.events.length - 1; i >= 0; i--) {
    const ev = state.events[i]!
    if (isOwn(ev) || ev.type === 'ended') return null
    if (ev.type === 'message' && ev.choices?.length) return ev
  }
  return null
}

function Older({ onLoad, onDone }: { onLoad(): void; onDone(): void }) {
  const { store, t } = useView()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState(false)
  const load = async () => {
    if (busy) return
    setBusy(true)
    setFailed(false)
    onLoad()
    try {
      await store.older()
    } catch {
      setFailed(true)
    }
    setBusy(false)
    setTimeout(onDone) // when what came is drawn, or nothing came
  }
  return (
    <p class="pd-older">
      <button type="button" class="pd-link" aria-disabled={busy ? 'true' : undefined} onClick={load}>{failed ? t.olderFailed : t.older}</button>
    </p>
  )
}

function Skeleton({ label }: { label: string }) {
  return (
    <div class="pd-skeleton">
      <span class="pd-sr">{label}</span>
      <div class="pd-bone" />
      <div class="pd-bone" />
      <div class="pd-bone" />
    </div>
  )
}
