import type { StateMachine } from '../../simulator/accounts/state-machine.ts'

/** How a state looks: as one that one wants, as one that can still change, as a failure, or as another end. */
export type Tone = 'good' | 'open' | 'bad' | 'neutral'

/** States that one wants. Some are no ends: a payment can be refunded. */
const GOOD = /^(?:SUCCESS|NORMAL|ISSUED|RECEIVED|MIX_PAY_SUCCESS)$/
/** Events that lead to a failure. */
const FAILURE = /^(?:fail|become-abnormal|block)(?:-|$)/

/**
 * Returns how a state looks, by the table that the simulator itself goes by.
 *
 * @param machine undefined until it has been read
 */
export function toneOf(machine: StateMachine | undefined, state: string): Tone {
  if (GOOD.test(state)) return 'good'
  const changes = machine?.transitions.filter(({ from, to }) => from !== to) ?? []
  if (changes.some(({ event, to }) => to === state && FAILURE.test(event))) return 'bad'
  return changes.some(({ from }) => from === state) ? 'open' : 'neutral'
}
