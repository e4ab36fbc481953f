// The shapes of /api/a/v1, as the server sends them.

export type Tab = 'queued' | 'mine' | 'bot' | 'closed';
export const TABS: Tab[] = ['queued', 'mine', 'bot', 'closed'];

export interface Agent {
  id: string;
  name: string;
  role?: string;
  must_change?: boolean; // the password was printed at start and has to be replaced
}

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
}

export type Moment = number | string;

export interface Fact { text: string; at?: Moment; source?: string }

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
  no?: string;
  status?: string;
  pos?: number;
  eta_s?: number;
  open?: boolean;
  agent?: { id?: string; name: string };
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
