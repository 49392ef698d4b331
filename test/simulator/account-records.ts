import { createLedgers, type Ledgers } from '../../src/simulator/accounts/accounts.ts'
import type { Happening } from '../../src/simulator/accounts/domain-event.ts'
import type { OrderDraft } from '../../src/simulator/accounts/orders.ts'
import { type Agenda, createAgenda } from '../../src/simulator/clock/scheduler.ts'
import { createRandom } from '../../src/simulator/state/random.ts'
import { createState, type State } from '../../src/simulator/state/state.ts'

/** The books alone, with neither keys nor HTTP, at a time that only `agenda.advance` moves. */
export interface Books extends Ledgers {
  readonly state: State
  readonly agenda: Agenda
  readonly heard: Happening[]
}

export const START: number = Date.parse('2026-03-01T12:00:00+08:00')

/** @param saved what `state.snapshot()` gave */
export function books(saved?: string): Books {
  const state = createState(saved)
  const agenda = createAgenda(state, () => START)
  const heard: Happening[] = []
  const random = createRandom('books', state.map('random'))
  const ledgers = createLedgers({
    ...{ state, agenda, random, now: agenda.now },
    tell: happening => void heard.push(happening),
  })
  return { ...ledgers, state, agenda, heard }
}

export const draft = (out_trade_no: string, total = 100, more: Partial<OrderDraft> = {}): OrderDraft => ({
  ...{ api: 'v3', out_trade_no, trade_type: 'NATIVE', appid: 'wx', mchid: '1', description: 'd' },
  ...{ notify_url: 'https://example.com', amount: { total, currency: 'CNY' }, payer: {}, fingerprint: '1' },
  ...more,
})
