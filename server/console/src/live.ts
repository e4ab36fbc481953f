// The live line: a WebSocket that comes back by itself, and polling every 3 s
// as long as it is away.
import { token } from './api';
import type { Ev } from './types';

export type Link = 'connecting' | 'live' | 'polling' | 'offline';

export interface Ears {
  link(link: Link): void;
  event(conv: string, ev: Ev): void;
  lists(): void; // some list changed
  frame(frame: Record<string, any>): void; // what is neither
  expired(): void;
  watched(): { conv: string; last: number } | null; // what to watch after a reconnect
  poll(): Promise<boolean>; // refetch by hand; false when the server was not reached
}

export interface Line {
  watch(conv: string, last: number): void;
  wake(): void; // try again at once
  stop(): void;
}

const POLL = 3_000;
const LONGEST = 30_000;

export function openLine(ears: Ears): Line {
  let socket: WebSocket | null = null;
  let ready = false;
  let stopped = false;
  let tries = 0;
  let heartbeat = 25_000;
  let heard = 0;
  let beat = 0;
  let redial = 0;
  let poller = 0;
  let polling = false;

  function dial(): void {
    clearTimeout(redial);
    if (stopped || socket) return;
    const url = new URL('/api/a/v1/ws', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    let mine: WebSocket;
    try {
      mine = new WebSocket(url);
    } catch {
      return later();
    }
    socket = mine;
    heard = Date.now();
    mine.onopen = () => put({ t: 'hello', csrf: token() });
    mine.onmessage = (message) => {
      heard = Date.now();
      let frame: any;
      try {
        frame = JSON.parse(String(message.data));
      } catch {
        return;
      }
      hear(frame);
    };
    mine.onclose = (event) => {
      if (socket !== mine) return;
      socket = null;
      ready = false;
      clearInterval(beat);
      if (stopped) return;
      if (event.code === 4401) return ears.expired();
      later();
    };
    // A dead network leaves sockets open without a word, before and after the welcome.
    clearInterval(beat);
    let pinged = Date.now();
    beat = window.setInterval(() => {
      const silent = Date.now() - heard;
      if (silent > (ready ? heartbeat * 2 + 5_000 : 10_000)) return drop(mine);
      if (ready && Date.now() - pinged >= heartbeat) {
        pinged = Date.now();
        put({ t: 'ping' });
      }
    }, 1_000);
  }

  function hear(frame: any): void {
    switch (frame.t) {
      case 'welcome': {
        ready = true;
        tries = 0;
        if (frame.hb > 0) heartbeat = frame.hb * 1_000;
        clearInterval(poller);
        poller = 0;
        ears.link('live');
        const open = ears.watched();
        if (open) put({ t: 'watch', conv: open.conv, last: open.last });
        ears.lists(); // what changed while we were away
        ears.frame(frame);
        break;
      }
      case 'ev': {
        const { t: _, conv, ...ev } = frame;
        ears.event(String(conv), ev as Ev);
        break;
      }
      case 'lists':
        ears.lists();
        break;
      case 'ping':
        put({ t: 'pong' });
        break;
      case 'bye':
        if (socket) drop(socket);
        break;
      default:
        ears.frame(frame);
    }
  }

  // drop does not wait for the closing handshake: on a dead network it takes minutes.
  function drop(which: WebSocket): void {
    if (socket !== which) return;
    socket = null;
    ready = false;
    clearInterval(beat);
    which.onclose = null;
    which.onmessage = null;
    try {
      which.close();
    } catch {
      // already gone
    }
    if (!stopped) later();
  }

  function put(frame: object): void {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  function later(): void {
    const wait = Math.random() * Math.min(LONGEST, 500 * 2 ** tries);
    tries = Math.min(tries + 1, 10);
    redial = window.setTimeout(dial, 100 + wait);
    if (!poller) {
      poller = window.setInterval(poll, POLL);
      ears.link(navigator.onLine ? 'connecting' : 'offline');
      if (tries > 1) void poll();
    }
  }

  async function poll(): Promise<void> {
    if (polling || stopped || ready) return;
    polling = true;
    try {
      const reached = await ears.poll();
      if (!ready && !stopped) ears.link(reached ? 'polling' : 'offline');
    } finally {
      polling = false;
    }
  }

  function wake(): void {
    if (stopped || ready) return;
    if (socket && Date.now() - heard < 3_000) return; // it is just being opened
    tries = 0;
    if (socket) drop(socket);
    clearTimeout(redial);
    dial();
    void poll();
  }

  const awake = (): void => {
    if (document.visibilityState !== 'visible') return;
    if (ready && Date.now() - heard > heartbeat + 5_000 && socket) drop(socket);
    wake();
  };
  const lost = (): void => {
    if (socket) drop(socket);
    ears.link('offline');
  };
  // A page that the browser keeps for the way back would hold its line, and with it the agent's place, until the server misses it.
  const leave = (): void => {
    if (socket) drop(socket);
    clearTimeout(redial);
  };
  window.addEventListener('pagehide', leave);
  window.addEventListener('online', wake);
  window.addEventListener('offline', lost);
  window.addEventListener('pageshow', awake);
  document.addEventListener('visibilitychange', awake);

  dial();
  return {
    watch: (conv, last) => { if (ready) put({ t: 'watch', conv, last }); },
    wake,
    stop(): void {
      stopped = true;
      clearTimeout(redial);
      clearInterval(poller);
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('online', wake);
      window.removeEventListener('offline', lost);
      window.removeEventListener('pageshow', awake);
      document.removeEventListener('visibilitychange', awake);
      clearInterval(beat);
      const open = socket;
      socket = null;
      open?.close();
    },
  };
}
