import { createLog, type Gateway, type Job } from '../src/gateway/index.ts'
import { problemOf } from '../src/gateway/problem.ts'
import { answer, type Context } from './answer.ts'
import type { Env, MessageBatch } from './bindings.ts'
import { asksForDemo, demoGateway } from './demo.ts'
import { gatewayOf } from './gateway.ts'
import { acknowledgeDeadLetters, consume, isDeadLetters, postpone, requeueOn } from './outbox.ts'

export type { Env } from './bindings.ts'
export { WechatpayGateway } from './entrypoint.ts'
export { LedgerObject } from './ledger.ts'

export default {
  fetch: answer,

  /** Carries out deliveries. */
  async queue(batch: MessageBatch<Job>, env: Env, context: Context): Promise<void> {
    if (isDeadLetters(batch.queue)) return acknowledgeDeadLetters(batch, log)
    const gateway = await configuredGateway(env)
    await (gateway ? consume(batch, gateway, context, requeueOn(env.DELIVERIES)) : postpone(batch))
  },

  /** Sweeps, once a minute. */
  async scheduled(_controller: unknown, env: Env): Promise<void> {
    const gateway = await configuredGateway(env)
    await gateway?.sweep()
    await gateway?.flushed()
  },
}

/** Returns undefined where the configuration is invalid, and logs why: nobody reads what a queue's consumer throws. */
async function configuredGateway(env: Env): Promise<Gateway | undefined> {
  try {
    return asksForDemo(env) ? await demoGateway(env) : gatewayOf(env)
  } catch (error) {
    const { code, detail } = problemOf(error)
    log.error('not configured', { code, detail })
    return undefined
  }
}

// biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
const log = createLog({ level: 'warn', write: line => console.log(line) })
