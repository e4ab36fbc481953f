import { useEffect, useState } from 'preact/hooks'
import type { Message } from '../events'
import type { Pending, Picture, Store } from '../store'
import { useView } from '../view/context'
import { AlertIcon } from '../view/icons'
import { useTexts } from './texts'

const fetched = new Map<string, string>()

/** A picture of the conversation. Only who holds the token may have it, so it is no plain address but fetched. */
export function PictureLine({ ev }: { ev: Message }) {
  const { store } = useView()
  const m = useTexts()
  const id = ev.media!.id
  const [url, set] = useState((ev.cid && store.own.get(ev.cid)) || fetched.get(id) || '')
  const [failed, fail] = useState(false)
  const [attempt, again] = useState(0)
  useEffect(() => {
    if (url) return
    fail(false)
    const abort = new AbortController()
    bytes(store, id, abort.signal).then(
      (u) => (fetched.set(id, u), set(u)),
      () => abort.signal.aborted || fail(true),
    )
    return () => abort.abort()
  }, [attempt])
  const alt = m.picture(number(store, ev))
  if (failed) return <button type="button" class="pd-retry" onClick={() => again(attempt + 1)}><AlertIcon /><span>{m.pictureFailed}</span></button>
  return url ? <Shown url={url} alt={alt} /> : <div class="pd-bone pd-picture"><span class="pd-sr">{m.pictureLoading}</span></div>
}

function Shown({ url, alt }: { url: string; alt: string }) {
  const { zoom } = useView()
  const m = useTexts()
  return (
    <button type="button" class="pd-picture" aria-label={`${m.pictureOpen}：${alt}`} onClick={() => zoom({ url, alt })}>
      <img src={url} alt="" />
    </button>
  )
}

/** A picture on its way, with how far it is. */
export function PictureSending({ p, picture }: { p: Pending; picture: Picture }) {
  const { store, t } = useView()
  const m = useTexts()
  const [broken, breaks] = useState(false) // no picture, whatever its name says
  const percent = Math.round((picture.progress ?? 0) * 100)
  return (
    <div class={`pd-row pd-row-user pd-${p.state}`}>
      <span class="pd-sr">{t.you}：</span>
      {picture.url && (broken ? <span class="pd-bubble">{picture.name}</span> : <span class="pd-picture"><img src={picture.url} alt={picture.name} onError={() => breaks(true)} /></span>)}
      {p.state === 'failed' ? (
        <div class="pd-fate">
          {p.why && <span class="pd-why pd-text">{p.why}</span>}
          {picture.progress !== undefined && <button type="button" class="pd-retry" onClick={() => store.retry(p.cid)}><AlertIcon /><span>{m.uploadFailed}</span></button>}
          <button type="button" class="pd-link" onClick={() => store.cancelUpload(p.cid)}>{m.uploadCancel}</button>
        </div>
      ) : p.state === 'sent' ? (
        <span class="pd-fate">{t.sent}</span>
      ) : (
        <div class="pd-fate pd-progress">
          <progress max={100} value={percent} aria-label={m.uploadProgress(percent)} />
          <span>{percent ? m.uploadProgress(percent) : m.uploadMaking}</span>
          <button type="button" class="pd-link" onClick={() => store.cancelUpload(p.cid)}>{m.uploadCancel}</button>
        </div>
      )}
    </div>
  )
}

async function bytes(store: Store, id: string, signal: AbortSignal): Promise<string> {
  const { url, token } = store.door()
  const res = await fetch(`${url}/media/${encodeURIComponent(id)}`, { headers: { Authorization: `Bearer ${token}` }, signal, credentials: 'omit' })
  if (!res.ok) throw new Error(`media ${res.status}`)
  return URL.createObjectURL(await res.blob())
}

/** The how many-eth of the visitor's pictures it is, for those who do not see it. */
const number = (store: Store, ev: Message): number => store.state.events.filter((x) => x.type === 'message' && x.media && x.id <= ev.id).length
