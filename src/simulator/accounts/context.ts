import type { Scheduler } from '../clock/scheduler.ts'
import type { Random } from '../state/random.ts'
import type { State } from '../state/state.ts'

/** Dependencies of every kind of account. `Event` is the union of the domain events that it emits. */
export interface AccountsContext<Event = never> {
  /** Returns the time of the simulated clock, ms. */
  readonly now: () => number
  readonly random: Random
  readonly state: State
  readonly scheduler: Scheduler
  readonly emit: (event: Event) => void
}
