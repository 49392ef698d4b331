import type { StateMachine } from '../../simulator/accounts/state-machine.ts'

/** How a state looks: as one that one wants, as one that can still change, as a failure, or as another end. */
export type Tone = 'good' | 'open' | 'bad' | 'neutral'

/** States that one wants. Some are no ends: a payment can be refunded. */
const GOOD: ReadonlySet<string> = new Set([
  'SUCCESS',
  'NORMAL',
  'ISSUED',
  'RECEIVED',
  'MIX_PAY_SUCCESS',
  'DONE',
  'AVAILABLE',
  'SIGNED',
  'PROCESSED',
  'running',
  'RUNNING',
  'USED',
  'TAKING_EFFECT',
  'APPLYMENT_STATE_FINISHED',
  'FINISH',
  'AUDIT_SUCCESS',
  'AUTHORIZED',
  'AUTHENTICATE_SUCCESS',
])
/** Events that lead to a failure. */
const FAILURE = /^(?:fail|become-abnormal|block|reject|freeze|bounce)(?:-|$)/

/**
 * Returns how a state looks, by the table that the simulator itself goes by.
 *
 * @param machine undefined until it has been read
 */
export function toneOf(machine: StateMachine | undefined, state: string): Tone {
  if (GOOD.has(state)) return 'good'
  const changes = machine?.transitions.filter(({ from, to }) => from !== to) ?? []
  if (changes.some(({ event, to }) => to === state && FAILURE.test(event))) return 'bad'
  return changes.some(({ from }) => from === state) ? 'open' : 'neutral'
}
