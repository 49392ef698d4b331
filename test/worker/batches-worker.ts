import { consume } from '../../worker/outbox.ts'

// A Worker whose first delivery hangs for longer than any test lasts; the batch, its context and the queue are the runtime's.

interface Env {
  readonly DELIVERIES: { send(job: { mchid: string; delivery: number }): Promise<void> }
}

const HOUR = 3_600_000
const begun: number[] = []

const gateway: Parameters<typeof consume>[1] = {
  async deliver({ delivery }) {
    begun.push(delivery)
    if (delivery === 1) await new Promise(resolve => setTimeout(resolve, HOUR))
    return undefined
  },
  flushCounts: async () => {},
}

export default {
  async fetch(request: Request, { DELIVERIES }: Env): Promise<Response> {
    const delivery = Number(new URL(request.url).searchParams.get('delivery'))
    if (delivery) await DELIVERIES.send({ mchid: '1900000109', delivery })
    return Response.json(begun)
  },
  queue: (batch: Parameters<typeof consume>[0], _env: Env, context: Parameters<typeof consume>[2]) =>
    consume(batch, gateway, context, async () => {}),
}
