import { type AppContext, inBackground } from './app-context.ts'
import type { GatewayContext } from './context.ts'
import { hasMerchant, receiveNotification } from './intake/intake.ts'
import type { Outbox } from './ports.ts'
import { Refusal } from './problem.ts'

/**
 * Handles a request to `/notify/{mchid}`; without `{mchid}`, that of the only merchant.
 *
 * @throws {Refusal} 404 `MERCHANT_UNKNOWN`, and those of `receiveNotification`
 */
export async function handleNotification(c: AppContext, context: GatewayContext): Promise<Response> {
  const { merchants } = context
  const mchid = c.req.param('mchid') ?? onlyOf(merchants)
  if (mchid !== undefined && hasMerchant(merchants, mchid)) {
    // The notification is recorded and enqueued even if WeChat Pay disconnects or the outbox is slow.
    const background = (work: Promise<unknown>) => inBackground(c, work)
    const outbox = uncancelled(context.outbox, background)
    const responding = receiveNotification(c.req.raw, mchid, {
      ...context,
      background,
      outbox,
      traceparent: c.env.trace.traceparent,
    })
    background(responding.catch(() => {}))
    return responding
  }
  throw new Refusal({
    status: 404,
    code: 'MERCHANT_UNKNOWN',
    detail: 'There is no merchant at this address. Notifications come to /notify/{mchid}.',
  })
}

function onlyOf(merchants: GatewayContext['merchants']): string | undefined {
  const all = Object.keys(merchants)
  return all.length === 1 ? all[0] : undefined
}

/** Wraps an outbox so that its work continues in the background when the caller stops waiting for it. */
const uncancelled = ({ enqueue }: Outbox, background: (work: Promise<unknown>) => void): Outbox => ({
  enqueue(jobs) {
    const work = enqueue(jobs)
    background(work.catch(() => {}))
    return work
  },
})
