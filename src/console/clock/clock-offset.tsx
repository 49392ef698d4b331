import { useMemo } from 'preact/hooks'
import { language } from '../settings.ts'
import type { SimulatorStatus } from '../status.ts'
import { useStore } from '../store.ts'
import { useLive } from '../use-action.ts'
import { useWords } from '../words.ts'
import { formatOffset } from './offset.ts'

/** Says how far the simulated clock, by which all times are shown, differs from the real one. */
export function ClockOffset() {
  const words = useWords()
  const lang = useStore(language)
  const [status] = useLive<SimulatorStatus>('/status')
  // Measured once for each response, because both clocks go on.
  const offset = useMemo(() => (status ? status.now - Date.now() : 0), [status])
  const text = formatOffset(offset, lang)
  if (text === undefined) return null
  return (
    <a class="clock-offset" href="#/controls" title={words.clockHelp}>
      {words.clockOffset(text)}
    </a>
  )
}
