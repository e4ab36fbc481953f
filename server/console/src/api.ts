// Calls to /api/a/v1: the cookie is the identity, the CSRF token goes with
// every write, and what goes wrong comes out as a Failure with a sentence.
import { inLanguage, t, type Key } from './texts';
import type { Agent, Canned, Colleague, DeskNow, Detail, Earlier, Ev, Found, Hour, Lost, Note, Page, Panel, Reason, Status, Suggestion, Tab, Today } from './types';

const BASE = '/api/a/v1/';
const PATIENCE = 15_000;

let csrf = '';
let expired: () => void = () => {};
let skew = 0; // server clock minus ours, ms

export const token = (): string => csrf;
export const onExpired = (f: () => void): void => { expired = f; };
export const serverNow = (): number => Date.now() + skew;

export class Failure extends Error {
  constructor(
    readonly status: number, // 0: no answer, so it is not known whether the server acted
    readonly code: string,
    message: string,
    readonly lost?: Lost,
  ) {
    super(message);
  }
}

// sentence says what happened and what to do, in the language on screen.
export function sentence(error: unknown): string {
  if (!(error instanceof Failure)) return t('errRequest');
  if (error.message && inLanguage(error.message)) return error.message;
  const { status, code } = error;
  const key: Key =
    code === 'timeout' ? 'errTimeout'
    : status === 0 ? 'errNetwork'
    : status === 401 ? 'signInWrong'
    : status === 403 ? 'errForbidden'
    : status === 404 ? 'errMissing'
    : status === 409 ? 'errConflict'
    : status === 413 || code === 'too_long' ? 'errLarge'
    : status === 429 ? 'errOften'
    : status >= 500 ? 'errServer'
    : 'errRequest';
  return t(key);
}

export async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, second = false): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  let response: Response;
  let answer: any = null;
  try {
    response = await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: method === 'GET' ? {} : { 'Content-Type': body instanceof Blob ? body.type : 'application/json', 'X-CSRF-Token': csrf },
      body: method === 'GET' ? undefined : body instanceof Blob ? body : JSON.stringify(body ?? {}),
      signal: patience.signal,
    });
    const text = await response.text();
    try {
      answer = text ? JSON.parse(text) : null;
    } catch {
      if (response.ok) throw new Failure(502, 'not_json', '');
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(0, patience.signal.aborted ? 'timeout' : 'network', '');
  } finally {
    clearTimeout(timer);
  }
  readClock(response);
  if (response.ok) return answer as T;

  const code = String(answer?.error?.code ?? '');
  const failure = new Failure(response.status, code, String(answer?.error?.message ?? ''),
    response.status === 409 && answer?.holder ? { holder: answer.holder, epoch: answer.epoch } : undefined);
  if (response.status === 401 && path !== 'login') expired();
  if (response.status === 403 && code.includes('csrf') && !second) {
    // Another tab has signed in anew: same cookie, new token.
    await me();
    return call<T>(method, path, body, true);
  }
  throw failure;
}

// Waiting times are counted on the server's clock; a till's own may be off.
function readClock(response: Response): void {
  const date = Date.parse(response.headers.get('Date') ?? '');
  if (Number.isNaN(date)) return;
  const off = date - Date.now();
  skew = Math.abs(off) > 2_000 ? off : 0;
}

type Identity = { agent: Agent; csrf: string } & Partial<Agent>;

async function identify(answer: Promise<Identity>): Promise<Agent> {
  const { agent, csrf: token, ...more } = await answer;
  csrf = token;
  return { ...agent, ...more };
}

export const me = (): Promise<Agent> => identify(call<Identity>('GET', 'me'));
export const login = (name: string, password: string): Promise<Agent> =>
  identify(call<Identity>('POST', 'login', { name, password }));
export const logout = (): Promise<null> => call('POST', 'logout');
export const logoutEverywhere = (): Promise<null> => call('POST', 'logout/everywhere');
export const password = (old: string, fresh: string): Promise<null> => call('POST', 'password', { old, new: fresh });

export const list = (state: Tab, after = ''): Promise<Page> =>
  call('GET', `conversations?state=${state}&after=${encodeURIComponent(after)}`);
export const conversation = (id: string): Promise<Detail> => call('GET', one(id));
export const events = (id: string, after: number, limit = 200): Promise<{ events: Ev[] | null; last: number }> =>
  call('GET', `${one(id)}/events?after=${after}&limit=${limit}`);
export const move = (id: string, how: 'claim' | 'release' | 'decline' | 'resume' | 'take', epoch: number): Promise<{ epoch: number }> =>
  call('POST', `${one(id)}/${how}`, { epoch });
export const transfer = (id: string, epoch: number, where: { to?: string; team?: string }, note = ''): Promise<{ epoch: number }> =>
  call('POST', `${one(id)}/transfer`, { epoch, ...where, ...(note ? { note } : {}) });
export const close = (id: string, epoch: number, reason: Reason, gap: boolean, note = ''): Promise<{ epoch: number }> =>
  call('POST', `${one(id)}/close`, { epoch, reason, gap, ...(note ? { note } : {}) });
export const hold = (id: string, epoch: number, until: number): Promise<{ epoch: number }> => call('POST', `${one(id)}/hold`, { epoch, until });
export const typing = (id: string, on: boolean): Promise<null> => call('POST', `${one(id)}/typing`, { on });
export const picture = (id: string, cid: string, epoch: number, image: Blob): Promise<{ cid: string; id: number; epoch: number }> =>
  call('POST', `${one(id)}/pictures?cid=${encodeURIComponent(cid)}&epoch=${epoch}`, image);

export const workHere = (): Promise<Partial<Agent>> => call('POST', 'me/here');
export const setStatus = (status: Status): Promise<null> => call('POST', 'me/status', { status });
export const colleagues = (): Promise<{ agents: Colleague[] | null }> => call('GET', 'agents');
export const deskNow = (): Promise<DeskNow> => call('GET', 'desk');
export const figures = (from?: number): Promise<{ agents: ({ agent: { id: string } } & Today)[] | null; queues: Hour[] | null }> =>
  call('GET', 'figures' + (from ? '?from=' + from : ''));
export const canned = (): Promise<{ canned: Canned[] | null }> => call('GET', 'canned');

export const notes = (id: string): Promise<{ notes: Note[] | null }> => call('GET', `${one(id)}/notes`);
export const note = (id: string, note: string, text: string): Promise<Note> => call('POST', `${one(id)}/notes`, { id: note, text });
export const suggestions = (id: string, q = ''): Promise<{ suggestions: Suggestion[] | null; about: string }> =>
  call('GET', `${one(id)}/suggestions${q ? '?q=' + encodeURIComponent(q) : ''}`);
export const judge = (id: string, article: string, use: 'insert' | 'edit' | 'unfit'): Promise<null> =>
  call('POST', `${one(id)}/suggestions`, { article, use });
export const merchant = (id: string, refresh: boolean): Promise<Panel> => call('GET', `${one(id)}/merchant${refresh ? '?refresh=1' : ''}`);
export const earlier = (id: string): Promise<Earlier> => call('GET', `${one(id)}/earlier`);
export const search = (q: string, after = ''): Promise<Found> => call('GET', `search?q=${encodeURIComponent(q)}&after=${encodeURIComponent(after)}`);

/** The version of this page's script that the server has now, or '' when it cannot be told. */
export async function version(): Promise<string> {
  try {
    const response = await fetch('/console/console.js', { cache: 'no-cache' });
    return response.ok ? response.headers.get('ETag') ?? '' : '';
  } catch {
    return '';
  }
}
export const say = (id: string, cid: string, text: string, epoch: number): Promise<{ cid: string; id: number; epoch: number }> =>
  call('POST', `${one(id)}/messages`, { cid, text, epoch });

/** The address of a picture or a voice. */
export const mediaAt = (conv: string, id: string): string => `${BASE}${one(conv)}/media/${encodeURIComponent(id)}`;

/** Its bytes, or null when the server does not have them: not yet, or not any more. */
export async function media(conv: string, id: string): Promise<Blob | null> {
  const response = await fetch(mediaAt(conv, id), { credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(2 * PATIENCE) });
  readClock(response);
  if (response.status === 401) expired();
  if (response.status === 404) return null;
  if (!response.ok) throw new Failure(response.status, '', '');
  return response.blob();
}

const one = (id: string): string => 'conversations/' + encodeURIComponent(id);
