// The shapes of the settings' part of /api/a/v1.

export interface Person {
  id: string;
  name: string;
  display: string;
  role: string;
  teams: string[];
  skills: string[];
  capacity: number;
  disabled: boolean;
  must_change: boolean;
}
export interface People { people: Person[]; roles: string[]; skills: string[] }

export interface Team { id: string; name: string; members: number }

export interface Canned { id: string; team: string; path: string; title: string; text: string; at: number }

export interface Token {
  id: string; name: string; scopes: string[]; created: number; creator: string; expires: number; used: number;
  state: 'good' | 'expired' | 'revoked';
}

export interface AuditLine { id: string; at: number; agent: { id: string; name: string }; act: string; conversation?: string; detail?: string }

export interface Notice {
  id: string; told: number; way: string; kind: string; conversation: string;
  state: 'waiting' | 'sent' | 'failed'; attempts: number; reason?: string; done?: number;
}

export interface Notices {
  wecom: { on: boolean; key: string };
  webhook: { on: boolean; url: string; secret: string };
  kinds: string[];
  topic: boolean;
}

export interface Shift { from: string; to: string }
export interface Week { always: boolean; days: (Shift[] | null)[]; holiday?: Shift[] | null; make_up?: Shift[] | null }
export interface Day { date: string; name: string; work: boolean }
export interface Hours { desk: Week; sites: Record<string, Week>; calendar: Day[] | null }

export interface Routing {
  offers: boolean; auto_accept: boolean; last_agent: boolean;
  offer_s: number; transfer_s: number; grace_s: number; silent_s: number; widen_s: number; capacity: number;
}

export interface SLA {
  targets: Record<string, { first_s: number; resolve_s: number }> | null;
  amber: number;
  reply_amber_s: number;
  reply_red_s: number;
}
