import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useView } from '../view/context'
import { useTexts } from './texts'

/** The steps of a card one at a time, each with what a merchant may say about it. */
export function Guide({ steps, onEnd }: { steps: string[]; onEnd(): void }) {
  const { store } = useView()
  const m = useTexts()
  const [at, go] = useState(0)
  const step = useRef<HTMLParagraphElement>(null)
  useLayoutEffect(() => step.current?.focus({ preventScroll: true }), [at])
  const still = () => {
    if (at + 1 < steps.length) return go(at + 1)
    onEnd()
    store.act('unsolved')
  }
  return (
    <div class="pd-guide">
      <p class="pd-label">{m.guideStep(at + 1, steps.length)}</p>
      <p class="pd-guide-step pd-text" ref={step} tabIndex={-1}>{steps[at]}</p>
      <div class="pd-choices">
        <button type="button" class="pd-chip pd-chip-main" onClick={() => (onEnd(), store.act('solved'))}>{m.guideDone}</button>
        <button type="button" class="pd-chip" onClick={still}>{m.guideStill}</button>
        <button type="button" class="pd-chip" onClick={() => store.say(m.guideLostSay)}>{m.guideLost}</button>
      </div>
      <button type="button" class="pd-link" onClick={onEnd}>{m.guideAll}</button>
    </div>
  )
}
