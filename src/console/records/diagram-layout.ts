import type { StateMachine, Transition } from '../../simulator/accounts/state-machine.ts'
import { type Place, type Widths, widthsOf } from './diagram-boxes.ts'

/** A state with its place in the diagram: the column is its distance from where a record begins. */
export interface PlacedState extends Place {
  readonly state: string
}

/** The transitions from one state to another, which one arrow shows. */
export interface Arrow {
  readonly from: PlacedState
  readonly to: PlacedState
  /** The events that lead from the one to the other. */
  readonly label: string
}

/** The words of labels, in the language of the page. */
export interface LabelWords {
  readonly wordOf: (event: string) => string
  readonly separator: string
}

export interface Layout {
  readonly states: readonly PlacedState[]
  readonly arrows: readonly Arrow[]
  readonly widths: Widths
  readonly columns: number
  readonly rows: number
}

/**
 * Places the states that can be reached from where a record began.
 *
 * @param words the words of the labels
 */
export function layoutOf({ transitions }: StateMachine, begun: readonly string[], words: LabelWords): Layout {
  const columnOf = new Map<string, number>(begun.map(state => [state, 0]))
  const waiting = [...begun]
  for (let state = waiting.shift(); state !== undefined; state = waiting.shift())
    for (const { to } of transitions.filter(({ from }) => from === state))
      if (!columnOf.has(to)) {
        columnOf.set(to, columnOf.get(state)! + 1)
        waiting.push(to)
      }
  const counts: number[] = []
  const shown = transitions.filter(({ from, to }) => columnOf.has(from) && from !== to) as readonly Transition[]
  const labelOf = (from: string, to: string): string =>
    shown
      .filter(one => one.from === from && one.to === to)
      .map(({ event }) => words.wordOf(event))
      .join(words.separator)
  const widths = widthsOf(
    [...columnOf.keys()],
    shown.map(({ from, to }) => labelOf(from, to)),
  )
  const states = [...columnOf].map(([state, column]) => {
    const row = counts[column] ?? 0
    counts[column] = row + 1
    return { state, column, row, widths }
  })
  const placeOf = (state: string): PlacedState => states.find(placed => placed.state === state)!
  const arrows = new Map<string, Arrow>()
  for (const { from, to } of shown)
    arrows.set(`${from} ${to}`, { from: placeOf(from), to: placeOf(to), label: labelOf(from, to) })
  return { states, arrows: [...arrows.values()], widths, columns: counts.length, rows: Math.max(...counts) }
}

/** Returns the first state in which a record that is now in another may have begun. */
export const beginningsOf = ({ initial, transitions }: StateMachine, state: string): string[] =>
  initial.filter(begun => {
    const reached = new Set([begun])
    for (let size = 0; size !== reached.size; ) {
      size = reached.size
      for (const { from, to } of transitions) if (reached.has(from)) reached.add(to)
    }
    return reached.has(state)
  })
