// A Worker for measure-worker.ts that does nothing but call its ledger, a Durable Object.
import type { Env } from '../../worker/bindings.ts'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import { concurrently } from './concurrently.ts'
import { CONCURRENCY, createOperations, MCHID, type Operation } from './operations.ts'

export { LedgerObject } from '../../worker/ledger.ts'

/** The calls of one kind that a request asks for. */
export interface LedgerCalls {
  readonly operation: Operation
  /** Ids of deliveries; for `record`, numbers of events. */
  readonly ids: readonly number[]
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { operation, ids } = (await request.json()) as LedgerCalls
    const calls = createOperations(ledgerOf(env.LEDGER)(MCHID))
    const results: unknown[] = []
    await concurrently(ids, CONCURRENCY, async id => void results.push(await calls[operation](id)))
    return Response.json(operation === 'record' ? results : [])
  },
}
