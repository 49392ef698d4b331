import { type Accounts, createAccounts } from '../../../src/simulator/accounts/accounts.ts'
import type { DomainEvent } from '../../../src/simulator/accounts/domain-event.ts'
import type { OrderDraft } from '../../../src/simulator/accounts/orders/order.ts'
import { createScheduler, type Scheduler } from '../../../src/simulator/clock/scheduler.ts'
import { createRandom } from '../../../src/simulator/state/random.ts'
import { createState, type State } from '../../../src/simulator/state/state.ts'

/** Accounts without keys or HTTP, at a time that only `scheduler.advance` moves. */
export interface TestAccounts extends Accounts {
  readonly state: State
  readonly scheduler: Scheduler
  readonly events: DomainEvent[]
}

export const START: number = Date.parse('2026-03-01T12:00:00+08:00')

/** @param saved what `state.snapshot()` gave */
export function createTestAccounts(saved?: string): TestAccounts {
  const state = createState(saved)
  const scheduler = createScheduler(state, () => START)
  const events: DomainEvent[] = []
  const random = createRandom('books', state.map('random'))
  const accounts = createAccounts({
    state,
    scheduler,
    random,
    now: scheduler.now,
    emit: event => void events.push(event),
  })
  return { ...accounts, state, scheduler, events }
}

export const draft = (out_trade_no: string, total = 100, more: Partial<OrderDraft> = {}): OrderDraft => ({
  api: 'v3',
  out_trade_no,
  trade_type: 'NATIVE',
  appid: 'wx',
  mchid: '1',
  description: 'd',
  notify_url: 'https://example.com',
  amount: { total, currency: 'CNY' },
  payer: {},
  fingerprint: '1',
  ...more,
})
