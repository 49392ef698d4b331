import { useState } from 'preact/hooks'
import type { StateMachine } from '../../simulator/accounts/state-machine.ts'
import { useAccountWords } from '../accounts/words.ts'
import type { ItemAction } from '../items.tsx'
import { StateDiagram } from './state-diagram.tsx'
import type { ShownMachine } from './state-words.ts'

/** Returns whether a state admits an event, by the table that the simulator itself goes by. */
export const admits = (machine: StateMachine | undefined, state: string, event: string): boolean =>
  machine?.transitions.some(transition => transition.from === state && transition.event === event) ?? false

/** A button that stands for an event. */
export interface EventAction extends ItemAction {
  readonly event: string
}

interface StatesProps {
  /** Name of the table of states. */
  readonly name: ShownMachine
  /** Undefined until it has been read. */
  readonly machine: StateMachine | undefined
  /** The number of the record. */
  readonly number: string
  readonly state: string
}

/** The diagram of a table of states, which opens. */
export function States({ name, machine, number, state }: StatesProps) {
  const words = useAccountWords()
  const [isOpen, setOpen] = useState(false)
  if (!machine) return null
  return (
    <details class="diagram" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>{words.states}</summary>
      {isOpen && <StateDiagram name={name} machine={machine} number={number} state={state} />}
    </details>
  )
}
