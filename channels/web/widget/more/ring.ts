import { keep, kept } from '../keep'
import type { Store } from '../store'

let sounds: AudioContext | undefined

/** One short tone for a new line, in one tab of all, and only where the visitor has pressed something: browsers want it so. */
export function ring(store: Store): void {
  const newest = store.last()
  if (store.watched || kept(store.site, 'sound') === 'off' || navigator.userActivation?.hasBeenActive === false) return
  const once = () => {
    if (Number(kept(store.site, 'rang')) >= newest) return
    keep(store.site, 'rang', String(newest))
    tone()
  }
  // Without locks two tabs cannot agree, so only one that is in sight rings.
  // The lock is held until others can read what was kept: storage reaches them a moment later.
  if (navigator.locks) void navigator.locks.request('posdoctor:ring', () => (once(), new Promise((done) => setTimeout(done, 150))))
  else if (!document.hidden) once()
}

function tone(): void {
  try {
    sounds ??= new AudioContext()
    const at = sounds.currentTime
    const volume = sounds.createGain()
    volume.gain.setValueAtTime(0.0001, at)
    volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.5)
    volume.connect(sounds.destination)
    const voice = sounds.createOscillator()
    voice.frequency.setValueAtTime(880, at)
    voice.frequency.setValueAtTime(1174.7, at + 0.14)
    voice.connect(volume)
    voice.start(at)
    voice.stop(at + 0.55)
  } catch {
    // a browser without sound
  }
}
