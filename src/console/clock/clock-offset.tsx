import { useWords } from '../words.ts'
import { useClockReading, useMovedClock } from './moved-clock.ts'

/** Says how far the simulated clock, by which all times are shown, differs from the real one. */
export function ClockOffset() {
  const words = useWords()
  useClockReading()
  const moved = useMovedClock()
  if (moved === undefined) return null
  return (
    <a class="clock-offset" href="#/controls" title={words.clockHelp}>
      {words.clockOffset(moved)}
    </a>
  )
}
