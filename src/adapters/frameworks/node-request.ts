import { ConfigurationError } from '../../core/index.ts'

/** The members of Node's `IncomingMessage` and `Http2ServerRequest` that are used. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly destroyed: boolean
  readonly readableEnded: boolean
  /** Whether anything has read from the stream; Node 16.7 and later. */
  readonly readableDidRead?: boolean
  on(event: string, listener: (...values: never[]) => void): unknown
  removeListener(event: string, listener: (...values: never[]) => void): unknown
  pause(): unknown
  resume(): unknown
  destroy(): unknown
}

/** The members that frameworks add to a request. */
interface Body {
  /** The bytes as received: NestJS (`rawBody: true`), Cloud Functions, `fastify-raw-body`, `koa-bodyparser` (as text). */
  readonly rawBody?: unknown
  /** Bytes or text (`express.raw()`, `express.text()`), or what a body parser made of them. */
  readonly body?: unknown
}

/**
 * A request of Node or of a framework on Node: `req` of `node:http`, `node:http2`, Express and NestJS, a request of Fastify (with
 * `raw`), or a context of Koa (with `req` and `request`).
 */
export type FrameworkRequest =
  | (NodeRequest & Body & { readonly originalUrl?: string })
  | (Body & { readonly raw: NodeRequest; readonly originalUrl?: string })
  | { readonly req: NodeRequest; readonly request: object; readonly originalUrl?: string }

export type Framework = 'express' | 'koa' | 'fastify' | 'next' | 'node'

/** A request, with what is needed of it found at one place. */
export interface ReadableRequest extends Body {
  readonly framework: Framework
  readonly message: NodeRequest
  /** The path and the query as received, before a router has cut them. */
  readonly target: string
}

/**
 * Finds Node's request, the body, and the framework.
 *
 * @throws {ConfigurationError} `OPTION_INVALID`: it is no request of Node or a framework
 */
export function readFrameworkRequest(source: FrameworkRequest): ReadableRequest {
  const given = Object(source)
  const [framework, message, body]: [Framework, NodeRequest, Body] = isNodeRequest(given.raw)
    ? ['fastify', given.raw, given]
    : isNodeRequest(given.req) && given.request
      ? ['koa', given.req, given.request]
      : [frameworkOf(given), given, given]
  if (!isNodeRequest(message))
    throw new ConfigurationError(
      'OPTION_INVALID',
      'req',
      'neither a request of Node (IncomingMessage, Http2ServerRequest) nor of Express, Koa or Fastify. If it is a Request of the Fetch API, pass it to the handler itself',
    )
  const target = String(given.originalUrl ?? message.url ?? '/')
  return { framework, message, target, rawBody: body.rawBody, body: body.body }
}

const isNodeRequest = (value: unknown): value is NodeRequest => {
  const { headers, on, resume } = Object(value)
  return typeof on === 'function' && typeof resume === 'function' && Object(headers) === headers
}

/** Express gives its request the application; the Pages Router of Next gives it cookies and a query, and no application. */
function frameworkOf(request: object): Framework {
  if ('app' in request || 'originalUrl' in request) return 'express'
  return 'cookies' in request && 'query' in request ? 'next' : 'node'
}
