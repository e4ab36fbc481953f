// What the demonstration pages do by themselves: a page router, buttons of one's own, a portal with a login.

import type {} from '../widget/loader-api'

window.posdoctor ??= function (...call: unknown[]) {
  const stub = window.posdoctor!
  ;(stub.q ??= []).push(call) // the loader takes over from here
}
const chat = (...call: unknown[]) => window.posdoctor?.(...call)

// --- a single-page application of the rough kind: each view is a new body

function show(name: string): void {
  const body = document.body.cloneNode(true) as HTMLElement
  body.querySelector('#posdoctor')?.remove() // what a server would send has no widget in it
  const title = body.querySelector('#place')
  if (title) title.textContent = name
  document.documentElement.replaceChild(body, document.body)
  document.title = `${name} · 岚桥支付`
}

const views: Record<string, string> = { trades: '交易', settle: '结算' }
addEventListener('popstate', () => {
  if (document.body.dataset.demo === 'spa') show(views[new URLSearchParams(location.search).get('view') ?? ''] ?? '首页')
})

document.addEventListener('click', (e) => {
  const at = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-view], [data-open]') : null
  if (!at) return
  if (at.dataset.view !== undefined) {
    e.preventDefault()
    history.pushState(null, '', (at as HTMLAnchorElement).href)
    show(at.dataset.view)
  } else chat('open', at.dataset.open ? { code: at.dataset.open } : {})
})

// --- the portal

interface Shop {
  ref: string
  shop: string
}

async function login(ref: string): Promise<string> {
  const res = await fetch('/demo/portal/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ merchant: ref }) })
  if (!res.ok) throw new Error(`login: ${res.status}`)
  return ((await res.json()) as { jwt: string }).jwt
}

/** Who is logged in, as the portal's own session would say it. */
const session = 'demo-merchant'

async function portal(): Promise<void> {
  const who = document.getElementById('who')!
  const leave = document.getElementById('leave')!
  const list = document.getElementById('shops')!
  const shops = ((await (await fetch('/demo/portal/merchants')).json()) as { merchants: Shop[] }).merchants
  let now = sessionStorage.getItem(session) ?? ''

  const draw = () => {
    const shop = shops.find((s) => s.ref === now)
    who.textContent = shop ? `已登录：${shop.shop}` : '未登录'
    leave.hidden = !shop
    list.replaceChildren(
      ...shops.map((s) => {
        const b = document.createElement('button')
        b.type = 'button'
        b.textContent = `登录 ${s.shop}`
        b.setAttribute('aria-pressed', String(s.ref === now))
        b.onclick = () => void enter(s.ref)
        return b
      }),
    )
  }
  const enter = async (ref: string) => {
    const jwt = await login(ref)
    now = ref
    sessionStorage.setItem(session, ref)
    draw()
    chat('identify', jwt)
  }
  leave.onclick = () => {
    now = ''
    sessionStorage.removeItem(session)
    draw()
    chat('reset')
  }
  draw()
  if (now) await enter(now)
}

window.posdoctorSettings = { ...window.posdoctorSettings, onTokenExpired: () => login(sessionStorage.getItem(session) ?? '') }
if (document.body.dataset.demo === 'portal') void portal()
