import { Buffer } from 'node:buffer'
import { type FetchHandler, handle, headersOf } from './handle.ts'
import type { NodeRequest } from './node-request.ts'

/** The members of a context of Koa that are used. */
interface KoaContext {
  readonly req: NodeRequest
  readonly request: object
  readonly originalUrl: string
  status: number
  body: unknown
  set(name: string, value: string | string[]): void
}

/**
 * Makes a middleware of Koa 2 and 3 of a handler from `Request` to `Response`. It ends the request, and calls no `next`. Use it
 * before a body parser, or with one that keeps `ctx.request.rawBody`, as `@koa/bodyparser` does.
 *
 * @param handler such as the result of `createNotificationHandler`
 * @returns the middleware; it rejects with an error of the handler itself
 * @see https://koajs.com/
 * @example
 * ```ts
 * const notify = koaHandler(createNotificationHandler(wxpay, { 'TRANSACTION.SUCCESS': ship }))
 * app.use((ctx, next) => (ctx.path === '/notify' ? notify(ctx) : next()))
 * ```
 */
export function koaHandler(handler: FetchHandler): (ctx: KoaContext) => Promise<void> {
  return async ctx => {
    const response = await handle(handler, ctx, ctx.req.method)
    const body = Buffer.from(await response.arrayBuffer())
    // The body comes first, because `null` sets the status.
    ctx.body = body.length > 0 ? body : null
    ctx.status = response.status
    for (const [name, value] of headersOf(response)) ctx.set(name, value)
  }
}
