import { describe, expect, test } from 'vitest'
import { labelPointOf } from '../../src/console/records/arrow-curve.ts'
import { boxOf } from '../../src/console/records/diagram-boxes.ts'
import { beginningsOf, layoutOf } from '../../src/console/records/diagram-layout.ts'
import { machineOf } from '../../src/console/records/order-machine.ts'
import type { TradeState, TradeType } from '../../src/simulator/accounts/orders/order.ts'
import { ORDER_STATES } from '../../src/simulator/accounts/orders/order-states.ts'
import type { StateMachine } from '../../src/simulator/accounts/state-machine.ts'
import { createSimulator, createSimulatorMount } from '../../src/simulator/index.ts'

/** Pixels of a line of a label, and of one of its characters, at most. */
const LINE = 14
const CHARACTER = 6.2

interface Area {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const overlap = (a: Area, b: Area): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

const mount = createSimulatorMount(await createSimulator())
const machines: Readonly<Record<string, StateMachine>> = await (
  await mount(new Request('http://localhost/simulator/state-machines'))
).json()

const diagrams: [string, StateMachine, string][] = Object.entries(machines)
  .flatMap(([name, machine]) => machine.initial.map((begun): [string, StateMachine, string] => [name, machine, begun]))
  .filter(([, { transitions }, begun]) => transitions.some(({ from }) => from === begun))

describe.each(diagrams)('the diagram of %s', (_name, machine, begun) => {
  test(`that begins in ${begun} has no label on a state or on another label`, () => {
    const { states, arrows } = layoutOf(machine, [begun])
    const labels = arrows.map((arrow): Area & { text: string } => {
      const text = arrow.events.join(', ')
      const { x, y } = labelPointOf(arrow)
      const half = (text.length * CHARACTER) / 2
      return { text, left: x - half, right: x + half, top: y - LINE / 2, bottom: y + LINE / 2 }
    })
    const boxes = states.map(placed => ({ text: placed.state, ...boxOf(placed) }))
    const covered = labels.flatMap((label, position) =>
      [...boxes, ...labels.slice(position + 1)]
        .filter(other => overlap(label, other))
        .map(other => `${label.text} on ${other.text}`),
    )
    expect(labels.length).toBeGreaterThan(0)
    expect(covered).toEqual([])
  })
})

describe('the diagram of an order', () => {
  const eventsOf = (trade_type: TradeType, trade_state: TradeState): string[] =>
    layoutOf(machineOf(ORDER_STATES, { trade_type, trade_state }), [trade_state]).arrows.flatMap(({ events }) => events)

  test.each(['JSAPI', 'NATIVE', 'APP', 'MWEB'] as const)('that is a %s has no reversal', trade_type => {
    expect(eventsOf(trade_type, 'NOTPAY')).toEqual(['pay', 'close', 'expire', 'refund'])
    expect(eventsOf(trade_type, 'SUCCESS')).toEqual(['refund'])
  })

  test('that is paid by code has reversals in each of its states', () => {
    expect(eventsOf('MICROPAY', 'USERPAYING').filter(event => event === 'reverse')).toHaveLength(3)
  })

  test('that was reversed all the same shows its state', () => {
    const machine = machineOf(ORDER_STATES, { trade_type: 'NATIVE', trade_state: 'REVOKED' })
    const [begun] = beginningsOf(machine, 'REVOKED')
    expect(layoutOf(machine, [begun!]).states.map(({ state }) => state)).toContain('REVOKED')
  })
})
