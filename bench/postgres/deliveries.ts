import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { shareOf } from '../../src/server/slots.ts'
import { type ForkedGateway, forkGateway } from '../../test/load/fork-gateway.ts'
import { SECRET } from '../gateway/intake.ts'
import { platform } from '../gateway/notifications.ts'
import { processorTime } from '../simulator/orders.ts'
import { fillPending } from './pending.ts'

/** Milliseconds until the endpoint answers: so long that the waits limit the deliveries, and not this machine's processor. */
export const ANSWER_TIME = 1_600
/** Deliveries at a time of one process. */
export const AT_ONCE: number = shareOf(1)

let runs = 0

export interface DeliveryRate {
  /** Deliveries per second. */
  readonly rate: number
  /** Milliseconds of processor time of the gateways for each. */
  readonly cpu: number
}

/**
 * Measures the deliveries of so many processes. All have started before the first event is there, and a quarter of the events warms them up:
 * a process that starts takes more of the processor than one that delivers.
 */
export async function deliveryRateOf(
  url: string,
  { processes, count }: { processes: number; count: number },
): Promise<DeliveryRate> {
  const data = `${url}?schema=deliveries_${++runs}`
  const { merchant } = platform
  const endpoint = await startSlowEndpoint(count)
  const setting = { merchant, data, shop: { url: endpoint.url, secret: SECRET } }
  const gateways: ForkedGateway[] = []
  try {
    // The first one creates the tables.
    for (let at = 0; at < processes; at++) gateways.push(await forkGateway(setting))
    await fillPending(data, { mchid: merchant.mchid, endpoint: 'shop', count })
    await endpoint.begun
    const before = await usageOf(gateways)
    const { rate, counted } = await endpoint.ended
    return { rate, cpu: ((await usageOf(gateways)) - before) / counted }
  } finally {
    await Promise.all(gateways.map(({ close }) => close()))
    endpoint.close()
  }
}

/** Returns the processor time of all processes so far, ms. */
async function usageOf(gateways: readonly ForkedGateway[]): Promise<number> {
  const usages = await Promise.all(gateways.map(({ cpuUsage }) => cpuUsage()))
  return usages.reduce((sum, usage) => sum + processorTime(usage), 0)
}

/** Counts from the time when it has a quarter of the events. */
async function startSlowEndpoint(count: number) {
  const warmUp = Math.floor(count / 4)
  const counting = new EventEmitter()
  const [begun, ended] = [once(counting, 'begin'), once(counting, 'end')]
  let [requests, begin] = [0, 0]
  const server = createServer(async (request, response) => {
    request.resume()
    await once(request, 'end')
    requests++
    if (requests === warmUp) {
      begin = performance.now()
      counting.emit('begin')
    }
    const counted = count - warmUp
    if (requests === count) counting.emit('end', { rate: (counted / (performance.now() - begin)) * 1000, counted })
    setTimeout(() => response.writeHead(204).end(), ANSWER_TIME)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    begun,
    ended: ended.then(([result]) => result as { rate: number; counted: number }),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
