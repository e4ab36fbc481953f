import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Diag } from '../events'
import { useView } from '../view/context'
import { StopIcon } from '../view/icons'
import { clockTime } from '../view/time'
import { Guide } from './guide'
import { useTexts } from './texts'

/** Below this the card says that it is not sure. */
const sureFrom = 0.6
/** Below this another cause is not worth a line. */
const likelyFrom = 0.1

/** The diagnosis: what it is, what it means for the shop, what to do, who can lift it, what to leave alone. */
export function Card({ ev, current }: { ev: Diag; current: boolean }) {
  const { t } = useView()
  const m = useTexts()
  const [guided, guide] = useState(false)
  const led = guided && current
  const sure = ev.conf >= sureFrom
  const lead = firstLine(ev)
  const others = (ev.likely ?? []).filter((l) => l.p >= likelyFrom && l.title !== ev.title && !(l.id && l.id === ev.cause_id)).slice(0, 3)
  const id = `pd-card-${ev.id}`
  return (
    <article class="pd-card" aria-labelledby={id}>
      <div class="pd-card-head">
        {(ev.object || ev.code) && (
          <p class="pd-tags">
            {ev.object && m.cardObject(ev.object) && <span class={`pd-tag pd-tag-${ev.object}`}>{m.cardObject(ev.object)}</span>}
            {ev.code && <span class="pd-tag">{m.cardCode(ev.code)}</span>}
          </p>
        )}
        <h2 class="pd-card-title pd-text" id={id}>
          {!sure && <span class="pd-maybe">{m.cardMaybe}</span>}
          {ev.title}
        </h2>
        {lead && <p class="pd-lead pd-text">{lead}</p>}
      </div>
      <dl class="pd-parts">
        {filled(ev.facts) && (
          <Part label={m.cardFacts}>
            <ul class="pd-facts">
              {ev.facts!.map((f, i) => (
                <li key={i}>
                  <span class="pd-text">
                    {f.text}
                    {host(f.link) && <a class="pd-way" href={f.link} target="_blank" rel="noopener noreferrer">{m.cardWay(host(f.link))}</a>}
                  </span>
                  <time dateTime={isoTime(f.at)}>{clockTime(f.at, t)}</time>
                </li>
              ))}
            </ul>
          </Part>
        )}
        <Part label={m.cardCause} text={ev.cause} />
        <Part label={m.cardImpact} text={ev.impact} />
        {filled(ev.steps) && (
          <Part label={m.cardSteps} main>
            {led ? (
              <Guide steps={ev.steps!} onEnd={() => guide(false)} />
            ) : (
              <>
                <ol class="pd-steps">
                  {ev.steps!.map((s, i) => (
                    <li key={i}><span class="pd-text">{s}</span></li>
                  ))}
                </ol>
                {current && ev.steps!.length > 1 && <button type="button" class="pd-link" onClick={() => guide(true)}>{m.cardGuide}</button>}
              </>
            )}
          </Part>
        )}
        <Part label={m.cardLifted} text={ev.lifted_by} />
        {filled(ev.prepare) && (
          <Part label={m.cardPrepare}>
            <Bullets items={ev.prepare!} />
          </Part>
        )}
        {filled(others) && (
          <Part label={m.cardLikely}>
            <ul class="pd-likely">
              {others.map((l, i) => (
                <li key={i}>
                  <span class="pd-text">{l.title}</span>
                  <span class="pd-share">{m.cardShare(l.p)}</span>
                </li>
              ))}
            </ul>
          </Part>
        )}
      </dl>
      {filled(ev.never) && (
        <div class="pd-never">
          <StopIcon />
          <div>
            <h3>{m.cardNever}</h3>
            <Bullets items={ev.never!} />
          </div>
        </div>
      )}
      {(ev.updated || ev.revision) && <p class="pd-source pd-text" title={ev.revision}>{m.cardSource(ev.title, ev.updated)}</p>}
    </article>
  )
}

function Part({ label, text, main, children }: { label: string; text?: string | undefined; main?: boolean; children?: ComponentChildren }) {
  if (!text && !children) return null
  return (
    <div class={main ? 'pd-part pd-part-main' : 'pd-part'}>
      <dt>{label}</dt>
      <dd class={text ? 'pd-text' : ''}>{text ?? children}</dd>
    </div>
  )
}

function Bullets({ items }: { items: string[] }) {
  return (
    <ul class="pd-bullets">
      {items.map((s, i) => (
        <li key={i} class="pd-text">{s}</li>
      ))}
    </ul>
  )
}

/** The host of a link that may be followed, "" for any other: the server has checked it against the hosts that may be shown. */
function host(link: string | undefined): string {
  return /^https:\/\/([a-z0-9.-]+)(?:[/?#]|$)/.exec(link ?? '')?.[1] ?? ''
}

const filled = (list: readonly unknown[] | undefined): boolean => !!list && list.length > 0

/** The sentence that a till needs first. `text` is also the whole card for channels without cards: then it begins with the title in 【】. */
function firstLine(ev: Diag): string {
  const line = (ev.text ?? '').split('\n')[0]!.trim()
  return line.length <= 80 && !line.startsWith('【') && line !== ev.title && line !== ev.cause && line !== ev.impact ? line : ''
}

function isoTime(ms: number): string {
  const d = new Date(ms)
  return isNaN(d.getTime()) ? '' : d.toISOString()
}
