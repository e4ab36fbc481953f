// The shapes of the visitors' wire. The server's side is channels/web; every text is plain text.

export type Who = 'user' | 'bot' | 'agent' | 'system'

export interface Choice {
  id: string
  text: string
}

interface Durable {
  /** Strictly increasing per conversation. */
  id: number
  /** Milliseconds. */
  ts: number
}

/** {"id":42,"ts":1700000000000,"type":"message","from":"agent","name":"李敏","text":"…"} */
export interface Message extends Durable {
  type: 'message'
  from: Who
  text: string
  cid?: string
  name?: string
  choices?: Choice[]
  /** Tells that something is being looked up; the answer follows. */
  progress?: boolean
  /** The line is a picture or a voice; its bytes are at GET media/{id}. */
  media?: { id: string; kind: 'image' | 'voice' }
}

export type TroubleObject = 'merchant' | 'terminal' | 'settlement' | 'payer'

/** The diagnosis card. */
export interface Diag extends Durable {
  type: 'diag'
  article: string
  /** The cause that the card tells of, among those in likely. */
  cause_id?: string
  conf: number
  title: string
  code?: string
  object?: TroubleObject
  cause?: string
  impact?: string
  steps?: string[]
  lifted_by?: string
  prepare?: string[]
  never?: string[]
  facts?: { text: string; at: number; link?: string }[]
  likely?: { id?: string; title: string; p: number }[]
  /** When the entry that is told was last changed, 2026-03-01; else the state of the library that it is from. */
  updated?: string
  revision?: string
  text?: string
}

export interface Ticket extends Durable {
  type: 'ticket'
  no: string
  status: string
  title: string
  text?: string
}

export interface Queued extends Durable {
  type: 'queued'
  pos: number
  eta_s: number
  open: boolean
  text?: string
}

export interface Joined extends Durable {
  type: 'joined'
  agent: { name: string }
  text?: string
}

export interface Parted extends Durable {
  type: 'left' | 'ended' | 'transferred'
  text?: string
}

/** csat asks how it was; rated is the visitor's answer, the newest one counts. */
export interface Rating extends Durable {
  type: 'csat' | 'rated'
  text?: string
  agent?: { name: string }
  score?: number
  solved?: boolean
}

export type ChatEvent = Message | Diag | Ticket | Queued | Joined | Parted | Rating

const known: ReadonlySet<string> = new Set('message diag ticket queued joined transferred left ended csat rated'.split(' '))

/** Whether this build can show the event. Types of later servers are ignored. */
export function isKnown(ev: { type: string; id: unknown }): ev is ChatEvent {
  return known.has(ev.type) && typeof ev.id === 'number'
}

export interface QueueState {
  pos: number
  eta_s: number
  open: boolean
  /** Why it takes so long, or when people are back. */
  text?: string
  /** Out of hours: when people are back, ms. */
  opens_at?: number
}

/** Who holds the conversation now. */
export interface Holder {
  mode: 'bot' | 'queue' | 'agent' | 'closed'
  queue: QueueState | null
  agent: { name: string } | null
  /** Lines of others that no tab of the visitor has shown. */
  unread?: number
  /** The shop for which the visitor speaks. */
  merchant?: { name: string } | null
}

export interface Config {
  title: string
  greeting: string
  topics: string[]
  phone: string
  upload: boolean
  /** How the site wants it to look; empty means ours. */
  appearance?: { color: string; position: string; theme: string; launcher: string; locale: string }
  /** Words in place of our own, by their names in texts.ts. */
  texts?: Record<string, string>
  csat?: boolean
  hours?: { text: string } | null
}

/** A title of the library that fits what is being typed. */
export interface Suggestion {
  article: string
  title: string
}

/** A machine as the acquirer's record names it. What is not known is absent. */
export interface TerminalRow {
  sn_tail: string
  status: string
  model?: string
  online?: boolean
  signed_in_at?: number
  last_day?: string
  last_code?: string
}

export interface Terminals {
  merchant: { name: string } | null
  terminals: TerminalRow[]
  /** When the acquirer saw it so, ms. */
  observed: number
}

export interface Session {
  token: string
  conv: string
  epoch: string
  last: number
  server_time: number
  config: Config
}

export interface Welcome {
  t: 'welcome'
  epoch: string
  last: number
  replay: number
  gap: boolean
  state: Holder
  /** Heartbeat in seconds. */
  hb: number
}

export type ActName = 'choose' | 'escalate' | 'solved' | 'unsolved' | 'cancel_queue' | 'leave_message' | 'end' | 'csat'

/** What the visitor sends. A repeated cid is one message. */
export type Frame = { ctx?: object | undefined } & (
  | { t: 'msg'; cid: string; text: string }
  | { t: 'act'; cid: string; name: ActName; choice?: string; text?: string; score?: number; solved?: boolean }
)

export interface WireError {
  code: string
  cid?: string
  message?: string
  retry_ms?: number
}

export type ServerFrame =
  | Welcome
  | ({ t: 'ev' } & ChatEvent)
  | { t: 'ack'; cid: string; id: number }
  | { t: 'state'; state: Holder }
  | { t: 'eph'; type: string; who?: 'bot' | 'agent'; on?: boolean }
  | { t: 'pong' }
  | ({ t: 'err' } & WireError)
  | { t: 'bye'; code: string; retry_ms?: number }
