import { useMemo } from 'preact/hooks'
import { language } from '../settings.ts'
import type { SimulatorStatus } from '../status.ts'
import { createStore, useStore } from '../store.ts'
import { useLive } from '../use-action.ts'
import { formatOffset } from './offset.ts'

/** How far the simulated clock is ahead of the real one, ms: the page reads it once for all that show it. */
const clockOffset = createStore(0)

/** Reads the clock of the simulator whenever anything happens there. One component of the page does. */
export function useClockReading(): void {
  const [status] = useLive<SimulatorStatus>('/status')
  // Measured once for each response, because both clocks go on.
  useMemo(() => status && clockOffset.set(status.now - Date.now()), [status])
}

/** Returns how far the simulated clock differs from the real one, as text; undefined if it does not. */
export const useMovedClock = (): string | undefined => formatOffset(useStore(clockOffset), useStore(language))
