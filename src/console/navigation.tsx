import type { ComponentChildren, TargetedEvent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useWords } from './words.ts'

/** The links to the views. On a phone they are one row, which scrolls sideways and has the current one in its middle. */
export function Navigation({ children }: { readonly children: ComponentChildren }) {
  const words = useWords()
  const row = useRef<HTMLElement>(null)
  const centered = useRef('')
  useEffect(() => {
    const link = row.current?.querySelector<HTMLElement>('[aria-current]')
    if (!row.current || !link) return
    const place = `${link.offsetLeft} ${link.offsetWidth}`
    // A reader may have scrolled the row; only another current link, or one that has moved, scrolls it again.
    if (centered.current === place) return
    centered.current = place
    center(row.current, link)
  })
  return (
    <nav aria-label={words.views} ref={row} onFocusIn={centerFocused}>
      {children}
    </nav>
  )
}

/** Browsers do not scroll to a link that is cut. One that is tapped stays where the finger is. */
function centerFocused({ currentTarget: row, target }: TargetedEvent<HTMLElement, FocusEvent>): void {
  const link = target as HTMLElement
  if (link.matches(':focus-visible')) center(row, link)
}

function center(row: HTMLElement, link: HTMLElement): void {
  row.scrollLeft = link.offsetLeft - (row.clientWidth - link.offsetWidth) / 2
}
