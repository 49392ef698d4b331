import type { StateMachine } from '../../simulator/accounts/state-machine.ts'
import { Item, type ItemAction } from '../items.tsx'
import { language } from '../settings.ts'
import { useStore } from '../store.ts'
import type { Actions } from '../use-action.ts'
import { type ShownMachine, stateWordsOf } from './state-words.ts'
import { admits, States } from './states.tsx'
import { toneOf } from './tone.ts'

interface RecordItemProps {
  /** Name of the table of states. */
  readonly name: ShownMachine
  /** The table, or the part of it that the record has; undefined until it has been read. */
  readonly machine: StateMachine | undefined
  readonly number: string
  readonly state: string
  readonly description: string
  readonly amount?: string | undefined
  readonly note?: string | undefined
  /** Actions, of which only those are shown that the state admits. */
  readonly possible: readonly (ItemAction & { readonly event?: string })[]
  readonly actions: Actions
}

/** A record with its state in a code and in words, its diagram, and a button for each action that the state admits. */
export function RecordItem({ name, machine, possible, ...item }: RecordItemProps) {
  const { number, state } = item
  return (
    <Item
      {...item}
      tone={toneOf(machine, state)}
      meaning={stateWordsOf(name, state, useStore(language))}
      available={possible.filter(({ event }) => event === undefined || admits(machine, state, event))}
    >
      <States name={name} machine={machine} number={number} state={state} />
    </Item>
  )
}
