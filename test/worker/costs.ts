import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { Job } from '../../src/gateway/ports.ts'
import type { DurableObjectNamespace, Env, Queue } from '../../worker/bindings.ts'

/** The units that Cloudflare bills. */
export interface Costs {
  /** Methods of the ledgers, one a Durable Object request. */
  readonly requests: string[]
  rowsRead: number
  rowsWritten: number
  /** Each message is written, read and deleted. */
  queueOperations: number
  kvOperations: number
  /** Milliseconds for which ledgers answered requests. */
  answering: number
  /** Milliseconds for which timers of the ledgers' own would keep their objects from hibernating. */
  timers: number
}

const setTimer = globalThis.setTimeout

/** A frame of what runs in a Durable Object. */
const OF_AN_OBJECT = /\/worker\/(?:ledger|gathered-counts)\.ts/

/** Messages that wait in the queue. */
export type Waiting = Job[]

interface Cursor {
  toArray(): unknown[]
  readonly rowsRead: number
  readonly rowsWritten: number
}

/**
 * Bindings of the Worker that count what their use costs: the real Durable Objects and namespaces, and a queue whose messages
 * are handed over by the test.
 */
export function countingBindings(): { bindings: Partial<Env>; costs: Costs; waiting: Waiting; reset: () => void } {
  const { LEDGER, WECHATPAY_CERTIFICATES } = env as unknown as Env
  const costs: Costs = {
    requests: [],
    rowsRead: 0,
    rowsWritten: 0,
    queueOperations: 0,
    kvOperations: 0,
    answering: 0,
    timers: 0,
  }
  const waiting: Waiting = []
  const watched = new Set<string>()

  /** Adds up the rows that each statement reads and writes, those of indexes included, as Cloudflare's invoice does. */
  async function watchRows(name: string): Promise<void> {
    if (watched.has(name)) return
    watched.add(name)
    await runInDurableObject(env.LEDGER.getByName(name), (_, state) => {
      const { sql } = state.storage
      const exec = sql.exec.bind(sql)
      sql.exec = ((statement: string, ...values: unknown[]) => {
        const cursor = exec(statement, ...(values as never[])) as unknown as Cursor
        const toArray = cursor.toArray.bind(cursor)
        return {
          toArray() {
            const rows = toArray()
            costs.rowsRead += cursor.rowsRead
            costs.rowsWritten += cursor.rowsWritten
            return rows
          },
        }
      }) as never
    })
  }

  // The tests' objects run in the isolate of the tests, so that their timers are seen by whoever set them.
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((act: () => void, delay = 0, ...given: unknown[]) => {
    if (OF_AN_OBJECT.test(new Error().stack ?? '')) costs.timers += delay
    return setTimer(act, delay, ...given)
  }) as never)

  async function callObject<T>(name: string, methods: readonly string[], carryOut: () => Promise<T>): Promise<T> {
    await watchRows(name)
    costs.requests.push(methods.join(', '))
    const start = Date.now()
    try {
      return await carryOut()
    } finally {
      costs.answering += Date.now() - start
    }
  }
  const ledger: DurableObjectNamespace = {
    getByName(name, options) {
      const stub = LEDGER.getByName(name, options)
      return {
        carryOut: (...call) => callObject(name, [call[0]], () => stub.carryOut(...call)),
        carryOutAll: calls =>
          callObject(
            name,
            calls.map(([method]) => method),
            () => stub.carryOutAll(calls),
          ),
      }
    },
  }
  const queue: Queue<Job> = {
    async sendBatch(messages) {
      const bodies = Array.from(messages, ({ body }) => body)
      costs.queueOperations += 3 * bodies.length
      waiting.push(...bodies)
    },
  }
  const certificates = new Proxy(WECHATPAY_CERTIFICATES as object, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown
      if (typeof member !== 'function') return member
      return (...given: unknown[]) => {
        costs.kvOperations++
        return member.apply(target, given)
      }
    },
  })
  return {
    bindings: { LEDGER: ledger, DELIVERIES: queue, WECHATPAY_CERTIFICATES: certificates as never },
    costs,
    waiting,
    reset() {
      costs.requests.length = 0
      Object.assign(costs, {
        rowsRead: 0,
        rowsWritten: 0,
        queueOperations: 0,
        kvOperations: 0,
        answering: 0,
        timers: 0,
      })
    },
  }
}

/**
 * The units that a month includes, and the price of a million more in dollars: Workers Paid, November 2026. Bytes are
 * stored, not used up.
 */
const PRICES = {
  workerRequests: { included: 10e6, price: 0.3 },
  cpuMilliseconds: { included: 30e6, price: 0.02 },
  objectRequests: { included: 1e6, price: 0.15 },
  gigabyteSeconds: { included: 400_000, price: 12.5 },
  rowsWritten: { included: 50e6, price: 1 },
  rowsRead: { included: 25e9, price: 0.001 },
  bytes: { included: 5e9, price: 0.0002 },
  queueOperations: { included: 1e6, price: 0.4 },
  logLines: { included: 20e6, price: 0.6 },
}
export type Use = Record<keyof typeof PRICES, number>
const BASE_FEE = 5
/** Gigabytes of memory that a Durable Object is billed for, whatever it uses. */
export const OBJECT_MEMORY = 0.128
const MINUTES = 60 * 24 * 30

/**
 * Reckons what a month costs with one merchant, in dollars.
 *
 * @param idle what a sweep uses that finds nothing
 * @param days for which the ledger keeps a payment
 */
export function monthlyBill(payments: number, payment: Use, idle: Use, days: number): number {
  return Object.entries(PRICES).reduce((sum, [unit, { included, price }]) => {
    const name = unit as keyof Use
    const used =
      name === 'bytes' ? (payments * payment.bytes * days) / 30 : payments * payment[name] + MINUTES * idle[name]
    return sum + (Math.max(0, used - included) / 1e6) * price
  }, BASE_FEE)
}
