// The title's unread count and one soft sound for a new queued conversation.
// With several tabs open only one of them rings.
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

  onChange(() => {
    const n = desk.phase === 'ready' ? unreadCount() : 0;
    const title = n ? `(${n}) posdoctor` : 'posdoctor';
    if (document.title !== title) document.title = title;
  });
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
