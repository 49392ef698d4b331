import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { select } from '../location.ts'
import { useWords } from '../words.ts'
import type { KeyedEntry } from './entries.ts'
import { Row } from './row.tsx'

const NARROW = matchMedia('(max-width: 60rem)')
/** Pixels, as in style.css. */
const rowHeight = (): number => (NARROW.matches ? 56 : 34)
/** Rows beyond the visible ones, so that scrolling shows no gap. */
const OVERSCAN = 8

interface ListProps {
  /** The newest first. */
  readonly entries: readonly KeyedEntry[]
  readonly selected: string | undefined
}

/** A list that renders only the rows in view, with the keys of a list box. */
export function List({ entries, selected }: ListProps) {
  const words = useWords()
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800, row: rowHeight() })
  useEffect(() => {
    // The observer reports once more while the view is left, when the reference is empty already.
    const element = box.current!
    const measure = (): void => {
      const { scrollTop: top, clientHeight: height } = element
      setView({ top, height, row: rowHeight() })
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    return () => observer.disconnect()
  }, [])
  useAnchor(box, entries, view.row)

  const first = Math.max(0, Math.floor(view.top / view.row) - OVERSCAN)
  const last = Math.min(entries.length, Math.ceil((view.top + view.height) / view.row) + OVERSCAN)
  const at = entries.findIndex(({ key }) => key === selected)
  const moveTo = (position: number): void => {
    const next = Math.max(0, Math.min(entries.length - 1, position))
    select(entries[next]!.key)
    const { scrollTop, clientHeight } = box.current!
    const [above, below] = [next * view.row, (next + 1) * view.row]
    if (above < scrollTop) box.current!.scrollTop = above
    else if (below > scrollTop + clientHeight) box.current!.scrollTop = below - clientHeight
  }
  const page = Math.max(1, Math.floor(view.height / view.row) - 1)
  const MOVES: Readonly<Record<string, () => number>> = {
    ArrowDown: () => at + 1,
    ArrowUp: () => (at < 0 ? 0 : at - 1),
    PageDown: () => at + page,
    PageUp: () => at - page,
    Home: () => 0,
    End: () => entries.length - 1,
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') select(undefined)
    const move = MOVES[event.key]
    if (!move) return
    event.preventDefault()
    moveTo(move())
  }
  const isRendered = at >= first && at < last
  return (
    <div
      ref={box}
      class="list"
      role="listbox"
      tabIndex={0}
      aria-label={words.timeline}
      aria-activedescendant={isRendered ? `row-${selected}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div class="rows" style={{ height: `${entries.length * view.row}px` }} role="presentation">
        {entries.slice(first, last).map((entry, index) => (
          <Row
            key={entry.key}
            entry={entry}
            isSelected={entry.key === selected}
            position={first + index}
            count={entries.length}
            top={(first + index) * view.row}
          />
        ))}
      </div>
    </div>
  )
}

/** Keeps the rows that somebody looks at in place while new ones come in above them. */
function useAnchor(box: { current: HTMLDivElement | null }, entries: readonly KeyedEntry[], row: number): void {
  const newest = useRef<string | undefined>(entries[0]?.key)
  useLayoutEffect(() => {
    const added = entries.findIndex(({ key }) => key === newest.current)
    newest.current = entries[0]?.key
    if (added > 0 && box.current && box.current.scrollTop > 0) box.current.scrollTop += added * row
  }, [entries, row, box])
}
