import type { GatewayContext } from '../context.ts'
import { type Background, cached } from './cached.ts'
import { writeProbes } from './write-probes.ts'

/**
 * Creates the page `GET /readyz`: 200 if every ledger can be written to, 503 otherwise, determined at most once per
 * {@link GatewayContext.healthAge}. It says whether a load balancer may send requests to this process. Unlike `/healthz` it ignores
 * keys and certificates: those of one merchant are the same in every process, and must not take the other merchants off the load
 * balancer.
 */
export function createReadiness(context: GatewayContext): (background: Background) => Promise<Response> {
  const probes = cached(() => writeProbes(context), context.healthAge, context.now)
  return async background => {
    const isReady = (await probes(background)).every(({ status }) => status !== 'fail')
    return probeResponse(isReady)
  }
}

/**
 * Responds to `GET /livez`: 200 as long as the process handles requests. It reads no ledger, because a restart of the process cures
 * no database.
 */
export const liveness = (): Response => probeResponse(true)

const probeResponse = (isGood: boolean): Response =>
  Response.json(
    { status: isGood ? 'ok' : 'fail' },
    { status: isGood ? 200 : 503, headers: { 'Cache-Control': 'no-store' } },
  )
