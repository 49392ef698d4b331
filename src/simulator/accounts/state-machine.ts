/** A change of the state of a record, by an event. */
export interface Transition<State extends string = string, Event extends string = string> {
  readonly from: State
  readonly event: Event
  readonly to: State
}

/** The states of a kind of record, and the events that change them. */
export interface StateMachine<State extends string = string, Event extends string = string> {
  /** States in which a record begins. */
  readonly initial: readonly State[]
  readonly transitions: readonly Transition<State, Event>[]
}

/** Returns the state after an event; undefined if the state does not admit the event. */
export const stateAfter = <State extends string, Event extends string>(
  { transitions }: StateMachine<State, Event>,
  state: State,
  event: Event,
): State | undefined => transitions.find(({ from, event: by }) => from === state && by === event)?.to

/** Returns the event that leads from a state to another; undefined if none does. */
export const eventBetween = <State extends string, Event extends string>(
  { transitions }: StateMachine<State, Event>,
  from: State,
  to: State,
): Event | undefined => transitions.find(transition => transition.from === from && transition.to === to)?.event

/**
 * Returns the state after an event that has been checked before.
 *
 * @throws {RangeError} the state does not admit the event, so the check and the table contradict each other
 */
export function requireStateAfter<State extends string, Event extends string>(
  machine: StateMachine<State, Event>,
  state: State,
  event: Event,
): State {
  const next = stateAfter(machine, state, event)
  if (next === undefined) throw new RangeError(`The state ${state} does not admit ${event}.`)
  return next
}
