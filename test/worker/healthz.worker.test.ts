import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import type { ExecutionContextLike } from '../../src/gateway/index.ts'
import type { LedgerStore } from '../../src/gateway/store/ledger.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import type { DurableObjectNamespace } from '../../worker/bindings.ts'
import worker from '../../worker/index.ts'
import { breakable } from './broken-stubs.ts'
import { countingBindings } from './costs.ts'
import { ADMIN, realEnvironment } from './real.ts'

// In workerd, on the real Durable Objects: what anybody may have a deployed gateway do, and what they learn by it.

const simulator = await createSimulator({ mchid: '1900000222' })
const { mchid } = simulator.merchant
const operator = { headers: { authorization: `Bearer ${ADMIN}` } }

/** Ledgers that do not answer the methods that are listed, as long as they are listed. */
function silent(...methods: (keyof LedgerStore)[]) {
  const { namespace, calls } = breakable(env.LEDGER, () => undefined)
  const LEDGER: DurableObjectNamespace = {
    getByName(name, options) {
      const stub = namespace.getByName(name, options)
      return {
        ...stub,
        carryOut: (method, ...rest) => {
          if (!(methods as string[]).includes(method)) return stub.carryOut(method, ...rest)
          calls.push({ name, method, locationHint: undefined })
          return new Promise(() => {})
        },
      }
    },
  }
  const given = realEnvironment(simulator, { LEDGER })
  const ask = (init?: RequestInit, context: ExecutionContextLike = createExecutionContext()) =>
    worker.fetch(new Request('https://gateway.example/healthz', init), given, context)
  return { ask, calls }
}

test('however many strangers ask at once or in a row, each ledger is asked once a minute', async () => {
  // Before the gateway is made, which keeps its clock.
  const clock = vi.spyOn(Date, 'now')
  const start = Date.now()
  clock.mockReturnValue(start)
  const { ask, calls } = silent()
  const first = await Promise.all(Array.from({ length: 20 }, () => ask()))
  expect(new Set(first.map(({ status }) => status))).toEqual(new Set([200]))
  const once = [
    [mchid, 'probeWrite'],
    [mchid, 'faults'],
  ]
  const asked = () => calls.map(({ name, method }) => [name, method])
  expect(asked()).toEqual(expect.arrayContaining(once))
  expect(asked()).toHaveLength(once.length)
  for (const seconds of [6, 30, 59]) {
    clock.mockReturnValue(start + seconds * 1_000)
    for (let turn = 0; turn < 50; turn++) expect((await ask()).status).toBe(200)
  }
  expect(asked()).toHaveLength(once.length)
  clock.mockReturnValue(start + 61_000)
  for (let turn = 0; turn < 50; turn++) await ask()
  clock.mockRestore()
  expect(asked()).toHaveLength(2 * once.length)
})

test('a check writes one row for each merchant', async () => {
  const { bindings, costs, reset } = countingBindings()
  const probe = () => bindings.LEDGER!.getByName(mchid).carryOut('probeWrite', [])
  await probe()
  reset()
  await probe()
  expect(costs.rowsWritten).toBe(1)
})

test.each<[(keyof LedgerStore)[], number, string]>([
  [['probeWrite', 'faults'], 503, 'fail'],
  [['probeWrite'], 503, 'fail'],
  [['faults'], 200, 'warn'],
])(
  'a ledger that does not answer %j is found out in time, by one look for all who ask',
  async (methods, ...expected) => {
    const { ask, calls } = silent(...methods)
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()))
    log.mockRestore()
    const told = await Promise.all(answers.map(async answer => [answer.status, (await answer.json()) as object]))
    const [status, health] = expected
    expect(told).toEqual(told.map(() => [status, { status: health }]))
    expect(calls).toHaveLength(2)
  },
)

test('a check goes on behind its request when the client has left, and serves those who ask meanwhile', async () => {
  const { ask, calls } = silent()
  const kept: Promise<unknown>[] = []
  const context = { waitUntil: (work: Promise<unknown>) => void kept.push(work), passThroughOnException() {} }
  const left = ask(undefined, context)
  await expect.poll(() => kept.length).toBeGreaterThan(0)
  await Promise.all(kept)
  expect(calls).toHaveLength(2)
  expect((await ask()).status).toBe(200)
  expect((await left).status).toBe(200)
  expect(calls).toHaveLength(2)
})

test.each<[keyof LedgerStore]>([
  ['depths'],
  ['circuits'],
  ['dueDeliveries'],
  ['lastSweep'],
  ['faults'],
  ['clearFault'],
])('an operator gets the page though a ledger does not answer %s', async method => {
  const { ask } = silent(method)
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const response = await ask(operator)
  log.mockRestore()
  const { checks } = (await response.json()) as { checks: { check: string; status: string }[] }
  expect(checks.map(({ check }) => check)).toEqual(expect.arrayContaining(['configuration', 'ledger_write', 'sweep']))
})
