import fc from 'fast-check'

/** The fate of one request on its way to WeChat Pay and back. */
export type Effect =
  | { readonly kind: 'through' }
  /** A proxy responds with a page or JSON of its own: before the request has reached WeChat Pay, or after. */
  | { readonly kind: 'proxy'; readonly status: number; readonly body: string; readonly hasArrived: boolean }
  /** The connection breaks: before, after, or so that the request arrives during a later wait. */
  | { readonly kind: 'broken'; readonly arrives: 'never' | 'at once' | 'later' }
  /** WeChat Pay itself says, in its own words, that this request was not carried out. */
  | { readonly kind: 'too often' }

export const effect: fc.Arbitrary<Effect> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Effect>({ kind: 'through' }) },
  fc.record({
    kind: fc.constant('proxy' as const),
    status: fc.constantFrom(200, 400, 403, 404, 408, 413, 499, 500, 502, 504),
    body: fc.constantFrom(
      '<html>proxy</html>',
      '',
      '{"error":"denied"}',
      '{"code":"DENIED","message":"by a firewall"}',
    ),
    hasArrived: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('broken' as const), arrives: fc.constantFrom('never', 'at once', 'later') }),
  fc.constant<Effect>({ kind: 'too often' }),
)

/** A way to WeChat Pay on which each request meets the next effect of its kind; `flush` lets those arrive that are late. */
export function unreliableWay(
  reach: typeof fetch,
  next: (url: string) => Effect,
  tooOften: (url: string) => Promise<Response>,
): { fetch: typeof fetch; flush: () => Promise<void> } {
  const late: (() => Promise<unknown>)[] = []
  return {
    async fetch(input, init) {
      const url = String(input)
      const { signal: _, ...rest } = init ?? {}
      const arrive = () => reach(url, rest)
      const effect = next(url)
      if (effect.kind === 'through') return arrive()
      if (effect.kind === 'too often') return tooOften(url)
      if (effect.kind === 'proxy') {
        if (effect.hasArrived) await arrive()
        return new Response(effect.body, { status: effect.status })
      }
      if (effect.arrives === 'at once') await arrive()
      if (effect.arrives === 'later') late.push(arrive)
      throw new TypeError('fetch failed')
    },
    async flush() {
      for (const arrive of late.splice(0)) await arrive()
    },
  }
}
