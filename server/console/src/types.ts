// The shapes of /api/a/v1, as the server sends them.

export type Tab = 'queued' | 'mine' | 'due' | 'bot' | 'closed' | 'held';
export const TABS: Tab[] = ['queued', 'mine', 'due', 'bot', 'closed'];
export const LEAD_TABS: Tab[] = [...TABS, 'held'];

export type Status = 'online' | 'busy' | 'offline';

export interface Agent {
  id: string;
  name: string;
  role?: string;
  must_change?: boolean; // the password was printed at start and has to be replaced
  display?: string; // what merchants and colleagues read
  status?: Status;
  capacity?: number;
  load?: number; // conversations held now
  teams?: string[] | null;
  skills?: string[] | null;
  away?: boolean; // let offers pass by and was set busy for it
  readonly?: boolean; // signed in elsewhere too: this page only reads
}

export const isLead = (me: Agent | null): boolean => me?.role === 'lead' || me?.role === 'admin';

export interface Named { id: string; name: string }

// Somebody at the desk.
export interface Colleague { id: string; name: string; role?: string; status: Status; capacity: number; load: number; teams?: string[] | null; skills?: string[] | null }

// The desk as a whole.
export interface DeskNow { open: boolean; waiting: number; eta_s?: number; closes_at?: number | null; opens_at?: number | null; reason?: string }

// Offer is a conversation that waits for one agent's yes, for a while.
export interface Offer { agent: Named | null; until: number; transfer?: boolean; by?: Named | null; team?: string; note?: string }

export interface Holder {
  kind: 'queue' | 'agent' | 'bot' | 'none';
  agent?: { id: string; name: string };
}

export interface Row {
  id: string;
  channel: string; // web, wechat, wechat-kf, terminal
  title: string;
  verified: boolean;
  topic: string;
  codes: string[] | null;
  state: 'queued' | 'agent' | 'bot' | 'closed';
  holder: Holder;
  epoch: number;
  last: number; // id of the newest event
  since: number; // ms; waiting since, or last change
  preview: string;
  reason?: string;
  skill?: string; // settlement, risk, terminal, general
  priority?: number; // 0..3
  why?: string[] | null; // what makes it urgent
  waits_since?: number | null; // the merchant has waited for a word since, ms
  due_at?: number | null;
  sla?: '' | 'ok' | 'amber' | 'red';
  offer?: Offer | null;
  hold_until?: number | null;
  left_at?: number | null; // a message was left
  lost_at?: number | null; // its agent is silent or away and loses it then
  served?: { agent: Named; at: number; reason?: string; gap?: boolean; note?: string };
  unread?: number;
  ticket?: { no: string; status: string } | null;
  site?: string;
  unverified?: Record<string, string> | null; // what the page or the visitor says of himself; nobody has checked it
}

export type Moment = number | string;

export interface Fact { text: string; at?: Moment; source?: string; link?: string }

export interface Card {
  topic?: string;
  object?: string;
  codes?: string[] | null;
  said?: string;
  asked?: { check?: string; question: string; answer: string; unasked?: boolean }[] | null;
  ruled_out?: { title: string; why?: string }[] | null;
  likely?: { title: string; p: number }[] | null;
  tried?: { title: string; result?: string }[] | null;
  facts?: Fact[] | null;
  aside?: { topic: string; said?: string; asked?: { question: string; answer: string }[] | null }[] | null;
  ticket?: { no: string; status: string } | null;
  merchant?: { id: string; name: string } | null;
}

// Media is a picture or a voice that can be had at conversations/{id}/media/{id}.
export interface Media { id: string; kind: 'image' | 'voice' }

// Ev is any durable event. Only the fields of its type are set.
export interface Ev {
  id: number;
  ts: number;
  type: string; // message, diag, ticket, queued, joined, left, ended; others are not shown
  from?: 'user' | 'bot' | 'agent' | 'system';
  text?: string;
  cid?: string;
  seen?: boolean; // the merchant has it by another way
  name?: string;
  choices?: { id: string; text: string }[] | null;
  media?: Media | null;
  title?: string;
  code?: string;
  conf?: number;
  object?: string;
  cause?: string;
  impact?: string;
  steps?: string[] | null;
  lifted_by?: string;
  prepare?: string[] | null;
  never?: string[] | null;
  facts?: Fact[] | null;
  likely?: { title: string; p: number }[] | null;
  article?: string; // diag: the entry, and from which state of the library it is
  cause_id?: string;
  updated?: string;
  revision?: string;
  no?: string;
  status?: string;
  pos?: number;
  eta_s?: number;
  open?: boolean;
  agent?: { id?: string; name: string };
  score?: number; // rated
  solved?: boolean;
}

export type Counts = Record<Tab, number>;
export interface Page { conversations: Row[] | null; counts?: Partial<Counts>; next?: string }
// Reach is how lines get to a merchant in WeChat, where not every line may be sent at once.
export interface Reach {
  left: number;
  of: number;
  until: number;
  why?: 'closed' | 'used' | 'gone' | 'passive';
  upto: number; // newer lines have not gone out
  deliveries: { id: string; first: number; last: number; state: string; reason?: string; at: number }[];
}
export interface Detail extends Row { card?: Card | null; reach?: Reach | null }
export interface Lost { holder: Holder; epoch: number } // the body of a 409

// Note is what a colleague wrote; no merchant reads it.
export interface Note { id: string; at: number; agent: Named; text: string; mentions: Named[] | null; failed?: boolean; pending?: boolean }

export interface Suggestion { article: string; title: string; text: string; p: number }

export interface Panel {
  bound: boolean;
  name?: string;
  mid?: string;
  status?: string;
  licence_until?: string;
  last_trade?: string;
  restrictions: { reason: string; text?: string; recover?: string; since?: string }[];
  terminals: { sn: string; tid?: string; status: string; sign?: string; keys?: string; sim?: string; seen?: number; trade?: number; version?: string }[];
  account?: { bank?: string; no?: string; verify: string; fail?: string };
  settlements: { date: string; cycle?: string; amount: number; state: string; fail?: string }[];
  works?: Record<string, boolean>;
  observed?: number;
  stale: boolean;
  unread?: string[] | null;
  failed?: string;
}

export interface Episode { conversation: string; first: number; last: number; opened: number; ended: number; topic: string; reason: string; agents: Named[]; channel: string }
export interface Earlier { current: Episode | null; earlier: Episode[] }

export interface Hit extends Row { match: { kind: 'merchant' | 'code' | 'ticket' | 'text'; id?: number; at?: number; from?: string; text?: string } }
export interface Found { hits: Hit[]; next: string; upto: number }

export interface Canned { id: string; team?: string; path: string; title: string; text: string }

export type Reason = 'solved' | 'unsolvable' | 'duplicate' | 'no_reply';
export const REASONS: Reason[] = ['solved', 'unsolvable', 'duplicate', 'no_reply'];

// Ratings are how merchants found it; good are scores of 4 and 5.
export interface Ratings { answered: number; good: number }

// Today are figures of one agent.
export interface Today { served: number; first_p50_s: number; ratings: Ratings }

// Hour are figures of one queue, '' for all, over the last hour.
export interface Hour { skill: string; entered: number; taken: number; abandoned: number; wait_p50_s: number; ratings: Ratings }
