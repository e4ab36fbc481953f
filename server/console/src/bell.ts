// The title's unread count, its badge, one soft sound and, when the page is
// hidden, a notification of the browser. With several tabs open only one of
// them rings and notifies.
import { desk, onChange, unreadCount } from './state';

let audio: AudioContext | null = null;
let leader = true;

export function hangBell(): void {
  // Browsers allow sound only after a gesture.
  const wake = (): void => {
    try {
      audio ??= new AudioContext();
      if (audio.state === 'suspended') void audio.resume();
    } catch {
      // no sound here
    }
  };
  window.addEventListener('pointerdown', wake, { passive: true });
  window.addEventListener('keydown', wake, { passive: true });

  if (navigator.locks) {
    leader = false;
    navigator.locks
      .request('posdoctor.console.bell', () => new Promise<void>(() => { leader = true; }))
      .catch(() => { leader = true; });
  }

  let shown = -1;
  onChange(() => {
    const n = desk.phase === 'ready' ? unreadCount() : 0;
    if (n === shown) return;
    shown = n;
    document.title = n ? `(${n}) posdoctor` : 'posdoctor';
    badge(n);
  });
}

// badge draws the icon of the tab: the house's mark, with a dot while something waits.
function badge(n: number): void {
  const dot = n ? '<circle cx="24" cy="8" r="8" fill="%23d0342c"/>' : '';
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  if (link) {
    link.href = 'data:image/svg+xml,' +
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="2" y="2" width="28" height="28" rx="8" fill="%230a6670"/>` +
      `<path d="M6.500 17h4.200l2.300-6.500 4.300 12 2.600-7.500 1.300 2h4.300" fill="none" stroke="%23fff" stroke-width="2.400"/>${dot}</svg>`;
  }
  const app = navigator as { setAppBadge?: (n: number) => Promise<void>; clearAppBadge?: () => Promise<void> };
  void (n ? app.setAppBadge?.(n) : app.clearAppBadge?.())?.catch(() => null);
}

// notify tells of something while nobody looks: a topic and no words of the merchant, for others may see the screen.
export function notify(title: string, topic: string, conv: string): void {
  if (!desk.notify || !leader || document.visibilityState === 'visible' && document.hasFocus()) return;
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  try {
    const note = new Notification(title, { body: topic, tag: conv, silent: true });
    note.onclick = () => {
      window.focus();
      location.hash = `#/${desk.tab}/${encodeURIComponent(conv)}`;
      note.close();
    };
  } catch {
    // phones allow it from a service worker only
  }
}

// ring is two quiet sine tones, a quarter of a second each.
export function ring(): void {
  if (!desk.sound || !leader || !audio || audio.state !== 'running') return;
  const start = audio.currentTime + 0.02;
  [587.33, 783.99].forEach((pitch, i) => {
    const tone = audio!.createOscillator();
    const volume = audio!.createGain();
    const at = start + i * 0.16;
    tone.type = 'sine';
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.08, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0005, at + 0.28);
    tone.connect(volume).connect(audio!.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  });
}
