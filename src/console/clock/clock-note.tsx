import { useWords } from '../words.ts'
import { useMovedClock } from './moved-clock.ts'

/** Says by which clock and in which zone the times of a list are, once the simulated clock was moved: the terminal prints real times. */
export function ClockNote() {
  const words = useWords()
  const moved = useMovedClock()
  if (moved === undefined) return null
  return <p class="clock-note dim">{words.clockNote(moved, Intl.DateTimeFormat().resolvedOptions().timeZone)}</p>
}
