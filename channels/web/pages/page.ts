// The support page's own script: a link with data-ask opens the chat with those words. Without scripts the link leads
// to /chat with the same words.

import type {} from '../widget/loader-api'

window.posdoctor ??= function (...call: unknown[]) {
  const stub = window.posdoctor!
  ;(stub.q ??= []).push(call) // the loader takes over from here
}

document.addEventListener('click', (e) => {
  const link = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-ask]') : null
  if (!link || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
  e.preventDefault()
  window.posdoctor?.('open', { prefill: link.dataset.ask ?? '' })
})
