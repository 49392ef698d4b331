import type { Context } from 'hono'
import { admit } from './caller/admit.ts'
import type { Caller } from './caller/caller.ts'
import type { GatewayContext } from './context.ts'
import type { RequestTrace } from './trace/tracing.ts'

/** The values that a request carries while the gateway handles it. */
export type AppEnv = {
  /**
   * `path` is that of the `url`, as `unambiguousPath` reads it. `caller` and `mchid` are for the log, and set as soon
   * as they are known.
   */
  Variables: { requestId: string; url: URL; path: string; caller?: string; mchid?: string }
  /**
   * `trace`: its `traceparent` must not be read before the caller of a call is known. `waitUntil` keeps a Worker
   * running after its response.
   */
  Bindings: { trace: RequestTrace; waitUntil?: (work: Promise<unknown>) => void }
}

export type AppContext = Context<AppEnv>

/** Admits the caller of a request, and names it to the log. */
export const admitCaller = (c: AppContext, context: GatewayContext): Promise<Caller> =>
  admit(c.req.raw, { pathname: c.get('url').pathname, path: c.get('path') }, context, ({ name }) =>
    c.set('caller', name),
  )

/**
 * Sets a header of the response that a handler has returned. Hono's own `header` would create the response again, with its body as a
 * stream, which a server sends in several writes and without a length.
 */
export const setHeader = (c: AppContext, name: string, value: string): void => c.res.headers.set(name, value)

/** Keeps work running after the response. Only Workers need this; other runtimes do not cancel work. */
export const inBackground = ({ env }: AppContext, work: Promise<unknown>): void => env.waitUntil?.(work)
