import { useEffect, useState } from 'preact/hooks'

const NARROW = matchMedia('(max-width: 37.5rem)')

/** Returns whether the page is as narrow as that of a phone, below 600 px. */
export function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(NARROW.matches)
  useEffect(() => {
    const update = (): void => setNarrow(NARROW.matches)
    NARROW.addEventListener('change', update)
    return () => NARROW.removeEventListener('change', update)
  }, [])
  return isNarrow
}
