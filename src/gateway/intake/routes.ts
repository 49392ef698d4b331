import type { Endpoint } from '../delivery/endpoint.ts'

/** The endpoints that take an event of a merchant's. */
export type Routes = (event: string, mchid: string) => readonly Endpoint[]

/** Compiles which endpoint takes what: `TRANSACTION.SUCCESS`, `REFUND.*`, `*`. */
export function createRoutes(endpoints: readonly Endpoint[]): Routes {
  const compiled = endpoints.map(endpoint => ({ endpoint, takes: endpoint.events.map(matchesEvent) }))
  const known = new Map<string, readonly Endpoint[]>()
  return (event, mchid) => {
    const key = `${mchid} ${event}`
    const found =
      known.get(key) ??
      compiled
        .filter(
          ({ endpoint, takes }) => (endpoint.merchants?.includes(mchid) ?? true) && takes.some(take => take(event)),
        )
        .map(({ endpoint }) => endpoint)
    // Events are few; a service that makes up others must not fill the memory.
    if (known.size < 10_000) known.set(key, found)
    return found
  }
}

/** Makes what tells whether an endpoint with this pattern takes an event. */
export function matchesEvent(pattern: string): (event: string) => boolean {
  if (!pattern.endsWith('*')) return event => event === pattern
  const start = pattern.slice(0, -1)
  return event => event.startsWith(start)
}
