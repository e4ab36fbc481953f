// Starts the chat as a full page: /chat?site=demo&q=words to begin with#t=identity token
//
// Menus that cut off what stands behind # may give the token as ?t=; then it passes through the logs of proxies, so # is better.

import type { Chat, ChatOptions } from '../widget/chat'

const script = document.currentScript as HTMLScriptElement
const base = script.src.replace(/\/w\/chatpage\.js.*$/, '')
const query = new URLSearchParams(location.search)
const jwt = new URLSearchParams(location.hash.slice(1)).get('t') ?? query.get('t') ?? ''
// The identity token leaves the address at once, before it can be copied, shared or logged.
query.delete('t')
if (jwt || location.hash) history.replaceState(null, '', location.pathname + (query.toString() && `?${query}`))

function boot(): void {
  const at = document.getElementById('chat')
  if (!at) return
  const options: ChatOptions = { site: query.get('site') ?? script.dataset.site ?? 'demo', base, mode: 'page', locale: query.get('lang') ?? undefined }
  if (jwt) options.jwt = () => jwt
  import(`${base}/w/chat.js?v=${CHAT_JS_VERSION}`).then(
    ({ mount }: { mount(into: Element, o: ChatOptions): Chat }) => mount(at, options).open((query.get('q') ?? '').slice(0, 2000)),
    () => document.getElementById('failed')?.removeAttribute('hidden'),
  )
}

boot()
