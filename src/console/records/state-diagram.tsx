import type { StateMachine } from '../../simulator/accounts/state-machine.ts'
import { useAccountWords } from '../accounts/words.ts'
import { labelled } from '../labelled.ts'
import { language } from '../settings.ts'
import { useStore } from '../store.ts'
import { curveOf, headOf, labelPointOf } from './arrow-curve.ts'
import { BOX, boxOf, GAP } from './diagram-boxes.ts'
import { type Arrow, beginningsOf, type Layout, layoutOf } from './diagram-layout.ts'
import { eventWordsOf } from './event-words.ts'
import type { ShownMachine } from './state-words.ts'
import { useIsNarrow } from './use-is-narrow.ts'

interface DiagramProps {
  readonly layout: Layout
  /** The number of the record, which tells its diagram from others. */
  readonly number: string
  /** The current state. */
  readonly state: string
}

interface StateDiagramProps extends Omit<DiagramProps, 'layout'> {
  /** Name of the table of states. */
  readonly name: ShownMachine
  readonly machine: StateMachine
}

/** Shows the states of a record and the events between them, with its current state marked: drawn, or on a phone as a list. */
export function StateDiagram({ name, machine, number, state }: StateDiagramProps) {
  const isNarrow = useIsNarrow()
  const words = eventWordsOf(name, useStore(language))
  const [begun] = beginningsOf(machine, state)
  const layout = layoutOf(machine, begun === undefined ? machine.initial : [begun], words)
  const shown = { layout, number, state }
  return <div class="diagram">{isNarrow ? <StateList {...shown} /> : <Drawing {...shown} />}</div>
}

/** Labels come last, so that no arrow crosses them. */
function Drawing({ layout: { states, arrows, widths, columns, rows }, number, state }: DiagramProps) {
  const words = useAccountWords()
  const width = columns * (widths.box + widths.gap) + 8
  const height = 16 + rows * (BOX.height + GAP.y)
  const keyOf = ({ from, to }: Arrow): string => `${from.state} ${to.state}`
  const classOf = (name: string, { from }: Arrow): string => (from.state === state ? `${name} next` : name)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by the keyboard
    <section class="scroll" tabIndex={0} aria-label={labelled(words.states, number)}>
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={words.diagram(state)}
      >
        {arrows.map(arrow => (
          <g key={keyOf(arrow)} class={classOf('arrow', arrow)}>
            <path d={curveOf(arrow)} />
            <path d={headOf(arrow)} />
          </g>
        ))}
        {states.map(placed => {
          const { left, top } = boxOf(placed)
          return (
            <g key={placed.state} class={placed.state === state ? 'current' : ''}>
              <rect x={left} y={top} width={widths.box} height={BOX.height} rx="8" />
              <text x={left + widths.box / 2} y={top + 20}>
                {placed.state}
              </text>
            </g>
          )
        })}
        {arrows.map(arrow => {
          const { x, y } = labelPointOf(arrow)
          return (
            <text key={keyOf(arrow)} x={x} y={y + 4} class={classOf('label', arrow)}>
              {arrow.label}
            </text>
          )
        })}
      </svg>
    </section>
  )
}

/** Lists each state with the events that leave it, which needs no width. */
function StateList({ layout: { states, arrows }, state }: DiagramProps) {
  const words = useAccountWords()
  return (
    <ul class="state-list" aria-label={words.diagram(state)}>
      {states.map(placed => (
        <li key={placed.state} aria-current={placed.state === state ? 'step' : undefined}>
          <span class={placed.state === state ? 'box current' : 'box'}>{placed.state}</span>
          {arrows
            .filter(({ from }) => from === placed)
            .map(({ to, label }) => (
              <span key={to.state} class={placed.state === state ? 'next' : 'dim'}>
                {label} → {to.state}
              </span>
            ))}
        </li>
      ))}
    </ul>
  )
}
