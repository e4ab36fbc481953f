import { useEffect, useRef } from 'preact/hooks'
import { useBack, useView } from '../view/context'
import { CloseIcon } from '../view/icons'
import { useTexts } from './texts'

/** A picture over everything, until Escape, the button, a press beside it or the phone's back button. */
export function Lightbox({ picture, theme }: { picture: { url: string; alt: string }; theme: string }) {
  const { zoom } = useView()
  const m = useTexts()
  const button = useRef<HTMLButtonElement>(null)
  const close = () => zoom(null)
  useBack(true, close)
  useEffect(() => {
    const root = button.current!.getRootNode() as Document | ShadowRoot
    const before = root.activeElement as HTMLElement | null
    button.current!.focus()
    return () => before?.focus()
  }, [])
  return (
    <div
      class="pd pd-lightbox"
      role="dialog"
      aria-modal="true"
      aria-label={picture.alt}
      data-theme={theme}
      onClick={(e) => e.target === e.currentTarget && close()}
      onKeyDown={(e) => {
        if (e.key === 'Tab') e.preventDefault() // there is one thing to focus
        if (e.key === 'Escape') {
          e.stopPropagation()
          close()
        }
      }}
    >
      <img src={picture.url} alt={picture.alt} />
      <button type="button" ref={button} class="pd-icon-button" aria-label={m.close} title={m.close} onClick={close}>
        <CloseIcon />
      </button>
    </div>
  )
}
