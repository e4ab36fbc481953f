// The support page's own script: a link with data-ask opens the chat and asks those words. Without scripts the link
// leads to /chat with the same words in its composer.

import type {} from '../widget/loader-api'

window.posdoctor ??= function (...call: unknown[]) {
  const stub = window.posdoctor!
  ;(stub.q ??= []).push(call) // the loader takes over from here
}

/** Pressed again within this time, ms, as in a double click, it is not asked again. */
const onceIn = 3_000
let asked = { words: '', at: 0 }

document.addEventListener('click', (e) => {
  const link = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-ask]') : null
  if (!link || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
  e.preventDefault()
  window.posdoctor?.('open')
  const words = link.dataset.ask
  if (!words || (words === asked.words && e.timeStamp - asked.at < onceIn)) return
  asked = { words, at: e.timeStamp }
  window.posdoctor?.('send', words)
})
