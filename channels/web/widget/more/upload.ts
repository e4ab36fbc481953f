import { newID } from '../keep'
import type { Store } from '../store'
import { of } from './texts'

const largestIn = 10 << 20
const largestOut = 2 << 20
/** The longer side, px. A slip stays legible. */
const longest = 2048

/** Shrinks a picture in the page and sends it, with progress and a way to stop. */
export function sendPicture(store: Store, file: File, locale: string): void {
  const m = of(locale)
  const cid = newID()
  const url = URL.createObjectURL(file)
  let request: XMLHttpRequest | undefined
  let small: Blob | undefined
  let stopped = false
  const fail = (why: string) => store.uploading(cid, undefined, why)
  const send = async () => {
    try {
      small ??= await shrink(file)
    } catch {
      return fail(m.uploadUnreadable)
    }
    if (stopped) return
    request = post(store, cid, small)
  }
  store.attach(
    cid,
    { url, name: file.name, progress: 0 },
    {
      send: () => (file.size > largestIn ? fail(m.uploadTooBig) : void send()),
      cancel() {
        stopped = true
        request?.abort()
        URL.revokeObjectURL(url)
      },
    },
  )
}

/** XMLHttpRequest, because fetch does not tell how far an upload is. The same cid again is the same line. */
function post(store: Store, cid: string, body: Blob): XMLHttpRequest {
  const { url, token } = store.door()
  const x = new XMLHttpRequest()
  x.open('POST', `${url}/upload?cid=${cid}`)
  x.setRequestHeader('Authorization', `Bearer ${token}`)
  x.setRequestHeader('Content-Type', body.type || 'application/octet-stream')
  x.timeout = 120_000
  x.upload.onprogress = (e) => e.lengthComputable && store.uploading(cid, e.loaded / e.total)
  x.onload = () => {
    let answer: { id?: number; message?: string; code?: string; retry_ms?: number } = {}
    try {
      answer = JSON.parse(x.responseText)
    } catch {
      // a page of something in between
    }
    if (x.status === 200 && answer.id) return store.acked(cid, answer.id)
    if (x.status === 429) store.refused({ code: 'rate_limited', retry_ms: answer.retry_ms ?? 10_000 })
    // A picture that is refused is refused again; a busy server is not.
    store.uploading(cid, x.status === 429 || x.status >= 500 ? 0 : undefined, answer.message ?? '')
  }
  x.onerror = x.ontimeout = () => store.uploading(cid, 0, '')
  x.send(body)
  return x
}

/** At most 2 MB and 2048 px, as JPEG; what the camera wrote beside the picture is gone. A small JPEG or PNG that needs none of it is still drawn anew. */
async function shrink(file: File): Promise<Blob> {
  if (/svg/.test(file.type)) throw new Error('a drawing') // without a size of its own it would be drawn blank
  const picture = await decode(file)
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  for (let size = scale; ; size *= 0.75) {
    canvas.width = Math.max(1, Math.round(picture.width * size))
    canvas.height = Math.max(1, Math.round(picture.height * size))
    const draw = canvas.getContext('2d')
    if (!draw) throw new Error('no canvas')
    draw.fillStyle = '#fff' // what is transparent is paper
    draw.fillRect(0, 0, canvas.width, canvas.height)
    draw.drawImage(picture, 0, 0, canvas.width, canvas.height)
    for (const quality of [0.88, 0.75]) {
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality))
      if (!blob) throw new Error('no picture')
      if (blob.size <= largestOut) return blob
    }
  }
}

async function decode(file: File): Promise<ImageBitmap | HTMLImageElement> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    // old browsers: by an element
  }
  const img = new Image()
  img.src = URL.createObjectURL(file)
  try {
    await img.decode()
  } finally {
    setTimeout(() => URL.revokeObjectURL(img.src), 60_000)
  }
  return img
}
