import { Buffer } from 'node:buffer'
import { ConfigurationError } from '../../core/index.ts'
import { type FetchHandler, handle, headersOf } from './handle.ts'
import type { NodeRequest } from './node-request.ts'

/** The members of a request of Fastify that are used. */
interface FastifyRequest {
  readonly raw: NodeRequest
  readonly body?: unknown
  readonly originalUrl?: string
}

/** The members of a reply of Fastify that are used. */
interface FastifyReply {
  code(status: number): unknown
  header(name: string, value: string | string[]): unknown
  send(payload?: Uint8Array): unknown
}

/** The members of an instance of Fastify that are used. */
interface FastifyInstance {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(type: string, parser: (...values: never[]) => void): unknown
  post(url: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown
}

/**
 * Makes a route handler of Fastify 4 and 5 of a handler from `Request` to `Response`. Fastify parses JSON and refuses XML before it
 * calls a handler; {@link fastifyPlugin} registers a route where it does neither.
 *
 * @param handler such as the result of `createNotificationHandler`
 * @returns the route handler; it rejects with an error of the handler itself
 * @see https://fastify.dev/docs/latest/Reference/Routes/
 * @example
 * ```ts
 * await app.register(import('fastify-raw-body'), { encoding: false })
 * app.post('/notify', fastifyHandler(createNotificationHandler(wxpay, { 'TRANSACTION.SUCCESS': ship })))
 * ```
 */
export function fastifyHandler(
  handler: FetchHandler,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    const response = await handle(handler, request, request.raw.method)
    const body = Buffer.from(await response.arrayBuffer())
    reply.code(response.status)
    for (const [name, value] of headersOf(response)) reply.header(name, value)
    return reply.send(body.length > 0 ? body : undefined)
  }
}

/**
 * Makes a plugin of Fastify 4 and 5 that registers a POST route for a handler from `Request` to `Response`. Within the plugin no
 * body is parsed, of whatever media type; routes outside it are not affected.
 *
 * @param handler such as the result of `createNotificationHandler`
 * @returns the plugin, whose option `url` is the path of the route
 * @throws {ConfigurationError} when it is registered: `OPTION_MISSING`, without `url`
 * @see https://fastify.dev/docs/latest/Reference/ContentTypeParser/
 * @example
 * ```ts
 * const notify = createNotificationHandler(wxpay, { 'TRANSACTION.SUCCESS': ship })
 * app.register(fastifyPlugin(notify), { url: '/notify' })
 * ```
 */
export function fastifyPlugin(
  handler: FetchHandler,
): (instance: FastifyInstance, options: { url: string }) => Promise<void> {
  return async (instance, { url }) => {
    if (typeof url !== 'string')
      throw new ConfigurationError('OPTION_MISSING', 'url', "give the path: app.register(plugin, { url: '/notify' })")
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', (_request: unknown, _payload: unknown, done: (error: null) => void) =>
      done(null),
    )
    instance.post(url, fastifyHandler(handler))
  }
}
