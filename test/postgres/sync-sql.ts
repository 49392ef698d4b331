import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Sql, SqlValue } from '../../src/gateway/store/sql.ts'

/**
 * Opens a PostgreSQL behind the synchronous interface of an embedded database: a thread talks to it, for which this one waits. So the
 * cases for SQLite run on PostgreSQL, one transaction after the other.
 *
 * @param url with the parameter `schema`
 */
export function openSyncSql(url: string): Sql & { readonly close: () => void } {
  const { searchParams } = new URL(url)
  const plain = new URL(url)
  plain.search = ''
  const flag = new Int32Array(new SharedArrayBuffer(4))
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL('sync-worker.mjs', import.meta.url), {
    workerData: { url: String(plain), schema: searchParams.get('schema'), flag, port: port2 },
    transferList: [port2],
  })
  worker.unref()
  const ask = (text?: string, values: readonly SqlValue[] = []): Record<string, SqlValue>[] => {
    Atomics.store(flag, 0, 0)
    port1.postMessage({ text, values })
    // The thread may wake this one for its answer before, which was found without waiting.
    while (Atomics.load(flag, 0) === 0)
      if (Atomics.wait(flag, 0, 0, 20_000) === 'timed-out') throw new Error('PostgreSQL does not respond.')
    const { rows, error } = receiveMessageOnPort(port1)!.message
    if (error !== undefined) throw new Error(error)
    return rows
  }
  const run = <Row>(text: string, ...values: readonly SqlValue[]): Row[] => {
    let count = 0
    return ask(
      text.replaceAll('?', () => `$${++count}`),
      values,
    ) as Row[]
  }
  return {
    run,
    transaction(work) {
      run('begin')
      try {
        const result = work()
        run('commit')
        return result
      } catch (error) {
        run('rollback')
        throw error
      }
    },
    close() {
      ask()
      port1.close()
    },
  }
}
