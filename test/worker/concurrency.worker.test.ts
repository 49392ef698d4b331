import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, test, vi } from 'vitest'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import { concurrencyCases } from '../storage/contract/concurrency-cases.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') }))
afterEach(() => void vi.useRealTimers())

/** The clock of the Durable Objects, which are in the isolate of the test. */
const clock = {
  get now() {
    return Date.now()
  },
  set now(time: number) {
    vi.setSystemTime(time)
  },
}

test.each(concurrencyCases.map((one, at) => [one.name, one, at] as const))(
  'in a Durable Object: %s',
  (_, { run }, at) => {
    const ledger = ledgerOf(env.LEDGER)
    // Two stubs, as two requests have them.
    return run({ ledgers: [ledger(`concurrency/${at}`), ledger(`concurrency/${at}`)], clock })
  },
)
