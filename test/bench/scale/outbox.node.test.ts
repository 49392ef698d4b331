import { expect, onTestFinished, test } from 'vitest'
import { createSimulatedOutbox } from '../../../bench/scale/outbox.ts'
import { endpointLimit } from '../../../src/gateway/store/delivery/due.ts'
import { createLocalOutbox } from '../../../src/server/outbox.ts'
import { createRandom } from '../../load/random.ts'

/** The deliveries of an outbox by endpoint, each of its own merchant. */
interface Deliveries {
  readonly waiting: number[]
  readonly inProgress: number[]
}
const createDeliveries = (endpoints: number): Deliveries => ({
  waiting: Array(endpoints).fill(0),
  inProgress: Array(endpoints).fill(0),
})

/** The outbox of the server over a ledger that has only numbers of deliveries. */
function openServerOutbox({ waiting, inProgress }: Deliveries) {
  const endpoints = waiting.map((_, at) => String(at))
  const ends: (() => void)[][] = endpoints.map(() => [])
  let last = 0
  const outbox = createLocalOutbox({
    merchants: endpoints,
    endpoints: endpoints.length,
    now: () => 0,
    ledger: {
      dueDeliveries: () => expect.unreachable('it shares its ledger'),
      async reserveDueDeliveries(mchid, _, limit, free = {}) {
        const count = Math.min(waiting[Number(mchid)]!, Math.max(0, endpointLimit(mchid, limit, free)))
        waiting[Number(mchid)]! -= count
        return Array.from({ length: count }, () => ({ id: ++last, endpoint: mchid, due_at: 0 }))
      },
      nextDueAt: async () => undefined,
    },
    others: { wake() {}, onWake() {} },
    onError(error) {
      throw error
    },
  })
  outbox.start(async ({ mchid }) => {
    const endpoint = Number(mchid)
    inProgress[endpoint]!++
    await new Promise<void>(resolve => ends[endpoint]!.push(resolve))
    inProgress[endpoint]!--
  })
  onTestFinished(async () => {
    const stopped = outbox.stop()
    for (const list of ends) for (const end of list.splice(0)) end()
    await stopped
  })
  return { wake: () => outbox.enqueue([]), end: (endpoint: number) => ends[endpoint]!.shift()!() }
}

function openSimulatedOutbox({ waiting, inProgress }: Deliveries) {
  const outbox = createSimulatedOutbox({
    endpoints: waiting.length,
    due: (endpoint, max) => Math.min(waiting[endpoint]!, max),
    start(endpoint) {
      waiting[endpoint]!--
      inProgress[endpoint]!++
    },
  })
  return {
    wake: outbox.wake,
    end(endpoint: number) {
      inProgress[endpoint]!--
      outbox.end(endpoint)
    },
  }
}

/** Waits until an outbox has done all that it can: it uses no timer here. */
const settled = () => new Promise(resolve => setImmediate(resolve))

test.each([1, 3, 5, 32, 80])(
  'with %i endpoints, an endpoint has as many deliveries in progress as in the server, whatever happens',
  async endpoints => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = createRandom(seed)
      const upTo = (max: number) => Math.floor(random() * (max + 1))
      const real = createDeliveries(endpoints)
      const simulated = createDeliveries(endpoints)
      const server = openServerOutbox(real)
      const simulation = openSimulatedOutbox(simulated)
      for (let step = 0; step < 150; step++) {
        const endpoint = upTo(endpoints - 1)
        if (random() < 0.5) {
          const count = upTo(90)
          real.waiting[endpoint]! += count
          simulated.waiting[endpoint]! += count
          await server.wake()
          simulation.wake(endpoint)
        } else if (real.inProgress[endpoint]! > 0) {
          server.end(endpoint)
          simulation.end(endpoint)
        }
        await settled()
        expect([seed, step, simulated.inProgress]).toEqual([seed, step, real.inProgress])
      }
    }
  },
)
