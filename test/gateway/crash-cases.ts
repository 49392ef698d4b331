import { expect } from 'vitest'
import type { GatewayOptions } from '../../src/gateway/index.ts'
import { LEASE } from '../../src/gateway/store/delivery/claims.ts'
import { MIN_QUEUE_TIME } from '../../src/gateway/store/delivery/queued.ts'
import type { Ledger } from '../../src/gateway/store/ledger.ts'
import { createTestGateway, payOrder, type TestGateway } from './test-gateway.ts'

// The process dies at each step of intake and delivery; what was written stays. WeChat Pay, unanswered, sends again; the sweep
// of the next process looks for what was lost. In the end: one row an event, and the shop has it.

class Death extends Error {}

type Step = keyof Ledger | 'enqueue' | 'send'
type When = 'before' | 'after'

/** A ledger that outlives its processes. */
export interface CrashStage {
  /** Opens the ledger as a process that starts does. */
  readonly open: () => Promise<Ledger>
  /** The clock of the ledger, milliseconds since 1970; moved by hand. */
  readonly clock: { now: number }
}

/** A gateway that dies at the first time that it comes to a step. */
function dying(
  step: Step,
  when: When,
  ledger: Ledger,
): { options: (one: TestGateway) => Partial<GatewayOptions>; died: () => boolean } {
  let hasDied = false
  const die = () => {
    hasDied = true
    throw new Death(`${when} ${step}`)
  }
  const at =
    <Given extends unknown[], Result>(name: string, act: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      // A process that is dead does nothing more.
      if (hasDied) throw new Death('dead')
      if (name !== step) return act(...given)
      if (when === 'before') die()
      const result = await act(...given)
      die()
      return result
    }
  return {
    died: () => hasDied,
    options: one => ({
      ledgerOf: () =>
        new Proxy(ledger, {
          get: (target, name: keyof Ledger) => at(name, target[name] as (...given: unknown[]) => Promise<unknown>),
        }),
      outbox: { enqueue: at('enqueue', async jobs => void one.jobs.push(...jobs)) },
      fetchOf: () =>
        at('send', async (input: RequestInfo | URL, init?: RequestInit) => {
          const request = new Request(input, init)
          const text = await request.text()
          const { headers } = request
          one.shop.received.push({ id: headers.get('webhook-id')!, body: JSON.parse(text), headers, text })
          return new Response(null, { status: 204 })
        }),
    }),
  }
}

const STEPS: readonly [Step, When][] = [
  ['recordEvent', 'before'],
  ['recordEvent', 'after'],
  ['enqueue', 'before'],
  ['enqueue', 'after'],
  ['claimDelivery', 'before'],
  ['claimDelivery', 'after'],
  ['send', 'before'],
  ['send', 'after'],
  ['recordAttempt', 'before'],
  ['recordAttempt', 'after'],
]

/** The cases that a gateway over every storage has to pass: a crash loses nothing, and doubles nothing in the ledger. */
export const crashCases: readonly { readonly name: string; readonly run: (stage: CrashStage) => Promise<void> }[] =
  STEPS.map(([step, when]) => ({ name: `a crash ${when} ${step}`, run: stage => crash(stage, step, when) }))

async function crash({ open, clock }: CrashStage, step: Step, when: When): Promise<void> {
  const now = () => clock.now
  const first = await createTestGateway({ now })
  const { mchid } = first.simulator.merchant
  const death = dying(step, when, await open())
  const second = await first.restart(death.options(first))
  await payOrder(second, 'T100001')
  for (const job of first.jobs.splice(0)) await second.gateway.deliver(job).catch(() => {})
  expect(death.died()).toBe(true)

  // The next process. What the dead one's memory held of the outbox is gone.
  const ledger = await open()
  const third = await first.restart({ ledgerOf: () => ledger })
  first.jobs.length = 0
  // WeChat Pay sends again what was not acknowledged.
  await first.simulator.advance(24 * 60 * 60 * 1000)
  await third.drain()
  clock.now += LEASE + MIN_QUEUE_TIME
  await third.gateway.sweep()
  await third.drain()

  expect(first.simulator.notifications).toMatchObject([{ state: 'delivered' }])
  expect(await ledger.events(mchid, { limit: 10 })).toMatchObject([{ event: 'TRANSACTION.SUCCESS' }])
  expect(await ledger.deliveries(mchid, { limit: 10 })).toMatchObject([{ state: 'delivered' }])
  const received = [...first.shop.received, ...second.shop.received, ...third.shop.received]
  // Sent again after a crash, it is the same webhook to the byte.
  expect(received.length).toBeGreaterThan(0)
  expect(new Set(received.map(({ id, text }) => id + text)).size).toBe(1)
}
