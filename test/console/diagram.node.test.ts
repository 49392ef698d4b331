import { describe, expect, test } from 'vitest'
import { labelPointOf } from '../../src/console/records/arrow-curve.ts'
import { boxOf } from '../../src/console/records/diagram-boxes.ts'
import { beginningsOf, layoutOf } from '../../src/console/records/diagram-layout.ts'
import { eventWordsOf } from '../../src/console/records/event-words.ts'
import { machineOf } from '../../src/console/records/order-machine.ts'
import { type ShownMachine, STATE_WORDS } from '../../src/console/records/state-words.ts'
import type { Language } from '../../src/console/settings.ts'
import type { TradeState, TradeType } from '../../src/simulator/accounts/orders/order.ts'
import { ORDER_STATES } from '../../src/simulator/accounts/orders/order-states.ts'
import type { StateMachine } from '../../src/simulator/accounts/state-machine.ts'
import { createSimulator, createSimulatorMount } from '../../src/simulator/index.ts'

/** Pixels of a line of a label, and of one of its Latin and Chinese characters, at most. */
const LINE = 14
const CHARACTER = { latin: 6.2, chinese: 10.6 }

const widthOf = (text: string): number =>
  [...text].reduce((sum, one) => sum + (one < '\u0250' ? CHARACTER.latin : CHARACTER.chinese), 0)

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

const diagrams = (Object.keys(STATE_WORDS) as ShownMachine[])
  .flatMap(name => machines[name]!.initial.map(begun => ({ name, machine: machines[name]!, begun })))
  .filter(({ machine: { transitions }, begun }) => transitions.some(({ from }) => from === begun))

describe.each(diagrams)('the diagram of $name that begins in $begun', ({ name, machine, begun }) => {
  test.each(['en', 'zh'] as const)('has no label on a state or on another label (%s)', language => {
    const { states, arrows } = layoutOf(machine, [begun], eventWordsOf(name, language))
    const labels = arrows.map((arrow): Area & { text: string } => {
      const text = arrow.label
      const { x, y } = labelPointOf(arrow)
      const half = widthOf(text) / 2
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

test.each(Object.keys(STATE_WORDS) as ShownMachine[])('each event of %s has Chinese words', name => {
  const { wordOf } = eventWordsOf(name, 'zh')
  const events = machines[name]!.transitions.map(({ event }) => event)
  expect(events.filter(event => !/^\p{Script=Han}+$/u.test(wordOf(event)))).toEqual([])
})

test('labels of several events are joined as the language does it', () => {
  const labelsOf = (language: Language) =>
    layoutOf(ORDER_STATES, ['NOTPAY'], eventWordsOf('orders', language)).arrows.map(({ label }) => label)
  expect(labelsOf('en')).toContain('close, expire')
  expect(labelsOf('zh')).toContain('关单、超时')
})

describe('the diagram of an order', () => {
  const ENGLISH = eventWordsOf('orders', 'en')
  const eventsOf = (trade_type: TradeType, trade_state: TradeState): string[] =>
    layoutOf(machineOf(ORDER_STATES, { trade_type, trade_state }), [trade_state], ENGLISH).arrows.flatMap(({ label }) =>
      label.split(', '),
    )

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
    expect(layoutOf(machine, [begun!], ENGLISH).states.map(({ state }) => state)).toContain('REVOKED')
  })
})
