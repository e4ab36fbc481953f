import { useEffect, useRef, useState } from 'preact/hooks'
import { keep, kept } from '../keep'
import { useView } from '../view/context'
import type { HeaderProps } from '../view/header'
import { save } from './save'
import { useTexts } from './texts'

/** What the menu offers. Ending asks once more, because it cannot be taken back. */
export function MenuList({ state, size, onSize, onLanguage, onHome, usable, close }: HeaderProps & { usable: boolean; close(): void }) {
  const { store, t } = useView()
  const m = useTexts()
  const [sure, setSure] = useState(false)
  const [sound, setSound] = useState(() => kept(store.site, 'sound') !== 'off')
  const [saving, setSaving] = useState<'' | 'busy' | 'failed'>('')
  const list = useRef<HTMLDivElement>(null)
  const talked = usable && state.events.length > 0
  useEffect(() => list.current?.querySelector('button')?.focus(), [])
  const download = () => {
    if (saving === 'busy') return
    setSaving('busy')
    save(store, t, m).then(close, () => setSaving('failed'))
  }
  return (
    <div class="pd-menu-list" ref={list}>
      {talked && <button type="button" onClick={() => (onHome(), close())}>{m.menuHome}</button>}
      <div class="pd-sizes" role="group" aria-label={m.menuSize}>
        {m.menuSizes.map((name, n) => (
          <button key={n} type="button" aria-pressed={size === n} onClick={() => onSize(n)}>{name}</button>
        ))}
      </div>
      <button
        type="button"
        role="switch"
        aria-checked={sound}
        onClick={() => {
          keep(store.site, 'sound', sound ? 'off' : '')
          setSound(!sound)
        }}
      >
        {m.menuSound}
      </button>
      <button type="button" lang={t.locale === 'en' ? 'zh-CN' : 'en'} onClick={() => (onLanguage(), close())}>{m.menuLanguage}</button>
      {talked && <button type="button" onClick={download}>{saving === 'busy' ? m.menuSaving : saving ? m.menuSaveFailed : m.menuSave}</button>}
      {talked && state.holder.mode !== 'closed' && (
        <button
          type="button"
          class={sure ? 'pd-danger' : ''}
          onClick={() => {
            if (!sure) return setSure(true)
            store.act('end')
            close()
          }}
        >
          {sure ? m.menuEndSure : m.menuEnd}
        </button>
      )}
    </div>
  )
}
