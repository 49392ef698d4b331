import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Job } from '../../src/gateway/ports.ts'
import type { DurableObjectNamespace, Env, Queue } from '../../worker/bindings.ts'

/** What Cloudflare asks money for. */
export interface Costs {
  /** Methods of the ledgers, one a Durable Object request. */
  readonly requests: string[]
  rowsRead: number
  rowsWritten: number
  /** Each message is written, read and deleted. */
  queueOperations: number
  kvOperations: number
}

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
  const costs: Costs = { requests: [], rowsRead: 0, rowsWritten: 0, queueOperations: 0, kvOperations: 0 }
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

  const ledger: DurableObjectNamespace = {
    getByName: (name, options) => ({
      async carryOut(method, ...given) {
        await watchRows(name)
        costs.requests.push(method)
        return LEDGER.getByName(name, options).carryOut(method, ...given)
      },
    }),
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
      Object.assign(costs, { rowsRead: 0, rowsWritten: 0, queueOperations: 0, kvOperations: 0 })
    },
  }
}
