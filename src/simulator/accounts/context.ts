import type { Agenda } from '../clock/scheduler.ts'
import type { Random } from '../state/random.ts'
import type { State } from '../state/state.ts'
import type { Happening } from './domain-event.ts'

/** What every ledger stands on. */
export interface Ground {
  /** ms, of the simulated clock */
  readonly now: () => number
  readonly random: Random
  readonly state: State
  readonly agenda: Agenda
  /** Says what the merchant may want to hear of. */
  readonly tell: (happening: Happening) => void
}
