// Plays the server to the shipped chat.js, by the script of one state, and then the visitor. When all is done, <html> has
// data-ready. A state:
//
//	events  lines of the history; ago is their age in seconds     state   who holds the conversation
//	last    0 for a new visitor, else the number of events         config  what the session says beside the usual
//	session "never" | a status that refuses                        socket  "never" | "drop": once up, it goes and does not come back
//	then    frames of the socket after the welcome                 later   lines that come after the welcome
//	terminals, suggest, upload ("never" | "refuse"), more          what those requests answer
//	steps   {click}, {type, into}, {wait}, {file}, {skip: seconds of the clock}, {key}, {scroll: px from the top of the log}
;(() => {
  const name = location.pathname.split('/').pop()
  const request = new XMLHttpRequest()
  request.open('GET', '/__fixtures/states.json', false) // before anything of the chat runs
  request.send()
  const script = JSON.parse(request.responseText)[name]
  try {
    localStorage.clear()
    sessionStorage.clear()
    for (const [key, value] of Object.entries(script.stored ?? {})) localStorage.setItem(`posdoctor:demo:${key}`, value)
  } catch {
    // no storage: the chat copes
  }

  let skipped = 0
  const now = Date.now
  Date.now = () => now() + skipped
  let count = 0
  const line = ({ ago = 0, ...rest }) => ({ id: ++count, ts: now() - ago * 1000, ...rest })
  const events = (script.events ?? []).map(line)
  const last = script.last ?? events.length
  const state = { mode: 'bot', queue: null, agent: null, unread: 0, ...script.state }
  const config = {
    title: '机具助手',
    greeting: '您好，我是智能助手。机器或账户出了什么问题？',
    topics: ['POS机显示商户状态异常', '刷卡没反应', '今天的钱没到账', '提示 58', '营业执照到期了', '二维码扫不了'],
    phone: '',
    upload: true,
    ...script.config,
  }
  const session = { token: 'token', conv: 'c', epoch: 'e', last, state, server_time: now(), config }
  const reply = (body, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
  const never = () => new Promise(() => {})

  const png = () => {
    const canvas = document.createElement('canvas')
    canvas.width = 640
    canvas.height = 420
    const draw = canvas.getContext('2d')
    draw.fillStyle = '#10312f'
    draw.fillRect(0, 0, 640, 420)
    draw.fillStyle = '#c9f0e8'
    draw.font = '64px sans-serif'
    draw.fillText('交易失败 03', 60, 200)
    return new Promise((done) => canvas.toBlob(done, 'image/png'))
  }

  const real = window.fetch.bind(window)
  window.fetch = async (input, options) => {
    const url = new URL(String(input), location.href)
    if (!url.pathname.startsWith('/api/w/v1/')) return real(input, options)
    switch (url.pathname.slice('/api/w/v1/'.length).split('/')[0]) {
      case 'session':
        if (script.session === 'never') return never()
        return script.session ? reply({ t: 'err', code: 'auth', message: script.message ?? '' }, script.session) : reply(session)
      case 'history':
        return script.more && url.searchParams.get('before') ? never() : reply({ events: script.more ? events.slice(-5) : events, more: !!script.more, epoch: 'e' })
      case 'suggest':
        return reply({ suggestions: script.suggest ?? [] })
      case 'terminals':
        if (script.terminals === 'never') return never()
        return script.terminals ? reply({ ...script.terminals, observed: now() - 60_000 }) : reply({ t: 'err', code: 'no_record', message: '' }, 503)
      case 'media':
        return new Response(await png())
      default:
        return never()
    }
  }

  let seq = 0
  window.WebSocket = class {
    constructor() {
      this.readyState = 0
      if (script.socket === 'never') return
      if (script.socket === 'drop' && seq++) return
      setTimeout(() => {
        this.readyState = 1
        this.onopen?.()
      })
    }
    say(frame) {
      this.onmessage?.({ data: JSON.stringify(frame) })
    }
    send(data) {
      const frame = JSON.parse(data)
      if (frame.t === 'hello') {
        this.say({ t: 'welcome', epoch: 'e', conv: 'c', last, replay: 0, gap: false, state, hb: 25 })
        if (script.then?.every((f) => f.t === 'bye' || f.t === 'close')) return this.onclose?.({ code: script.then[0].code })
        setTimeout(() => {
          for (const ev of script.later ?? []) this.say({ t: 'ev', ...line(ev) })
          for (const f of script.then ?? []) this.say(f)
          if (script.socket === 'drop') this.onclose?.({ code: 1006 })
        }, 150)
      } else if (script.answer && (frame.t === 'msg' || frame.t === 'act')) {
        this.say({ ...script.answer, cid: frame.cid })
      }
    }
    close() {}
  }

  if (script.upload) {
    window.XMLHttpRequest = class {
      constructor() {
        this.upload = {}
      }
      open() {}
      setRequestHeader() {}
      abort() {}
      send() {
        setTimeout(() => {
          if (script.upload === 'never') return this.upload.onprogress({ lengthComputable: true, loaded: 62, total: 100 })
          this.status = script.upload.status
          this.responseText = JSON.stringify(script.upload.body ?? {})
          if (this.status) this.onload()
          else this.onerror()
        }, 50)
      }
    }
  }

  // ---- the visitor

  const roots = () => [document, document.getElementById('posdoctor')?.shadowRoot].filter(Boolean)
  const find = (css) => roots().flatMap((r) => [...r.querySelectorAll(css)]).filter((el) => el.getClientRects().length)
  const until = async (css) => {
    for (let i = 0; i < 300; i++) {
      const found = find(css)
      if (found.length) return found[found.length - 1]
      await new Promise((done) => setTimeout(done, 25))
    }
    throw new Error(`fixture ${name}: no ${css}`)
  }
  const act = async (step) => {
    if (step.wait) await until(step.wait)
    if (step.skip) {
      skipped += step.skip * 1000
      await new Promise((done) => setTimeout(done, 1200)) // what counts seconds has counted
    }
    if (step.click) (await until(step.click)).click()
    if (step.type !== undefined) {
      const field = await until(step.into ?? '.pd-composer textarea')
      field.focus()
      field.value = step.times ? step.type.repeat(step.times) : step.type
      field.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }))
    }
    if (step.scroll !== undefined) find('.pd-log')[0].scrollTop = step.scroll
    if (step.key) roots().pop().activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: step.key, bubbles: true, composed: true, cancelable: true }))
    if (step.file) {
      const data = new DataTransfer()
      data.items.add(new File([step.file === 'text' ? 'no picture' : await png()], 'photo.png', { type: 'image/png' }))
      const input = roots().flatMap((r) => [...r.querySelectorAll('input[type=file]')]).pop()
      input.files = data.files
      input.dispatchEvent(new Event('change', { bubbles: true }))
    }
  }
  addEventListener('DOMContentLoaded', async () => {
    if (script.panel && !script.closed) window.posdoctor('open')
    await until(script.closed ? '.pd-launcher' : '.pd-header')
    for (const step of script.steps ?? []) {
      await act(step)
      await new Promise((done) => setTimeout(done, 30))
    }
    await until(script.shows)
    document.documentElement.dataset.ready = ''
  })
})()
