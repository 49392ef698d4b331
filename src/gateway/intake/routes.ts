import type { Endpoint } from '../delivery/endpoint.ts'
import { matchesEvent } from '../event/pattern.ts'

/** Lists the endpoints that subscribe to an event of a merchant. */
export type Routes = (event: string, mchid: string) => readonly Endpoint[]

/** Compiles the event patterns of endpoints: `TRANSACTION.SUCCESS`, `REFUND.*`, `*`. */
export function createRoutes(endpoints: readonly Endpoint[]): Routes {
  const compiled = endpoints.map(endpoint => ({ endpoint, patterns: endpoint.events.map(matchesEvent) }))
  const cache = new Map<string, readonly Endpoint[]>()
  return (event, mchid) => {
    const key = `${mchid} ${event}`
    const found =
      cache.get(key) ??
      compiled
        .filter(
          ({ endpoint, patterns }) =>
            (endpoint.merchants?.includes(mchid) ?? true) && patterns.some(matches => matches(event)),
        )
        .map(({ endpoint }) => endpoint)
    // Bounded, although WeChat Pay has only a few events.
    if (cache.size < 10_000) cache.set(key, found)
    return found
  }
}
