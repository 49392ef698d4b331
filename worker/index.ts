import { createLog, type ExecutionContextLike, type Gateway, type Job } from '../src/gateway/index.ts'
import { problemOf } from '../src/gateway/problem.ts'
import type { Env, MessageBatch } from './bindings.ts'
import { demoGateway, isDemoRequested } from './demo.ts'
import { gatewayOf } from './gateway.ts'
import { handleRequest } from './handle-request.ts'
import { isImportMode } from './import-mode.ts'
import { acknowledgeDeadLetters, consume, isDeadLetters, postpone, requeueOn } from './outbox.ts'

export type { Env } from './bindings.ts'
export { WechatpayGateway } from './entrypoint.ts'
export { LedgerObject } from './ledger.ts'

/** The program itself: wrangler takes the handlers from the default export of the file, so it is more than a list of re-exports. */
export default {
  fetch: handleRequest,

  /** Carries out deliveries, and logs dead letters. */
  async queue(batch: MessageBatch<Job>, env: Env, context: ExecutionContextLike): Promise<void> {
    if (isDeadLetters(batch.queue)) return acknowledgeDeadLetters(batch, log)
    const gateway = await configuredGateway(env)
    await (gateway ? consume(batch, gateway, context, requeueOn(env.DELIVERIES)) : postpone(batch))
  },

  /** Sweeps; the cron trigger calls it once per minute. */
  async scheduled(_controller: unknown, env: Env): Promise<void> {
    const gateway = await configuredGateway(env)
    await gateway?.sweep()
    await gateway?.flushCounts()
  },
}

/**
 * Returns undefined while ledgers are imported, or if the configuration is invalid, and logs the reason: nobody reads what a queue consumer
 * throws.
 */
async function configuredGateway(env: Env): Promise<Gateway | undefined> {
  if (isImportMode(env)) return undefined
  try {
    return isDemoRequested(env) ? await demoGateway(env) : gatewayOf(env)
  } catch (error) {
    const { code, detail } = problemOf(error)
    log.error('not configured', { code, detail })
    return undefined
  }
}

// biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
const log = createLog({ level: 'warn', write: line => console.log(line) })
