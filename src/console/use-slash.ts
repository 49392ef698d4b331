import type { RefObject } from 'preact'
import { useLayoutEffect } from 'preact/hooks'

/** Focuses a field when / is pressed outside of a field. */
export function useSlash(field: RefObject<HTMLElement | null>): void {
  // Before the page can show the field, or the first key would be lost.
  useLayoutEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      const isShortcut = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey
      if (!isShortcut || (event.target as Element).matches('input, select, textarea')) return
      event.preventDefault()
      field.current?.focus()
    }
    addEventListener('keydown', focus)
    return () => removeEventListener('keydown', focus)
  }, [])
}
