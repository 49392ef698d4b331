import { ConfigurationError, TransportError } from '../../core/index.ts'
import type { Framework, NodeRequest, ReadableRequest } from './node-request.ts'

type Bytes = Uint8Array<ArrayBuffer>

/**
 * Returns the body of a request byte for byte as received: `rawBody`, a `body` of bytes or text, or the stream, unread. A body that
 * was parsed is never serialized again, because its signature would be verified over other bytes than WeChat Pay signed.
 *
 * An error is not thrown but is the body's: it occurs when the handler reads the body, so that the handler reports it as it reports
 * every refusal, and a request that is refused by its headers causes none.
 */
export function rawBodyOf(request: ReadableRequest): Bytes | ReadableStream<Bytes> {
  const { message, rawBody, body } = request
  const [first, second] = [rawBody, body].map(bytesOf).filter(bytes => bytes !== undefined)
  if (first && second && !isEqual(first, second)) return failingStream(ambiguousBody())
  if (first) return first
  return isBodyRead(message) ? failingStream(missingBody(request)) : streamOf(message, () => missingBody(request))
}

function bytesOf(body: unknown): Bytes | undefined {
  // Text that a parser has decoded. If it was not UTF-8, its signature does not match, and it is refused.
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  return ArrayBuffer.isView(body)
    ? new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength)
    : undefined
}

const isEqual = (first: Bytes, second: Bytes): boolean =>
  first.length === second.length && first.every((byte, at) => byte === second[at])

const isBodyRead = (message: NodeRequest): boolean => message.readableEnded || message.readableDidRead === true

/** Maximum bytes to discard of a body that is too long, so that its sender gets the response before the connection ends. */
const MAX_DISCARDED = 2 ** 20

/** Streams a request at the reader's pace. */
function streamOf(message: NodeRequest, readBefore: () => Error): ReadableStream<Bytes> {
  let stop: (() => void) | undefined
  const start = (controller: ReadableStreamDefaultController<Bytes>): (() => void) => {
    const settleWith = (act: () => void) => () => {
      stop?.()
      act()
    }
    const aborted = settleWith(() => controller.error(abortedError()))
    const listeners: Readonly<Record<string, (...values: never[]) => void>> = {
      data(chunk: Bytes | string) {
        message.pause()
        controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
      },
      end: settleWith(() => controller.close()),
      error: aborted,
      close: aborted,
    }
    for (const [event, listener] of Object.entries(listeners)) message.on(event, listener)
    return () => {
      for (const [event, listener] of Object.entries(listeners)) message.removeListener(event, listener)
      // A connection may still fail; without a listener that would end the process.
      message.on('error', () => {})
    }
  }
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        if (!stop) {
          // Between the response to the headers and now, somebody else may have read it.
          if (isBodyRead(message)) return controller.error(readBefore())
          if (message.destroyed) return controller.error(abortedError())
          stop = start(controller)
        }
        message.resume()
        return undefined
      },
      cancel() {
        stop?.()
        discardBody(message)
      },
    },
    { highWaterMark: 0 },
  )
}

function discardBody(message: NodeRequest): void {
  let length = 0
  message.on('data', (chunk: Bytes | string) => {
    length += chunk.length
    if (length > MAX_DISCARDED) message.destroy()
  })
  message.resume()
}

const failingStream = (error: Error): ReadableStream<Bytes> =>
  new ReadableStream<Bytes>({ pull: controller => controller.error(error) }, { highWaterMark: 0 })

const abortedError = () =>
  new TransportError('ABORTED', 'The connection ended before the body of the request had arrived.', false)

const ambiguousBody = () =>
  new ConfigurationError(
    'RAW_BODY_AMBIGUOUS',
    'req.rawBody',
    'req.rawBody and req.body both hold raw bytes, and these differ, so that either may have been changed. Keep one of the two parsers on this route',
  )

/** Ways to keep the bytes, by framework. */
const CURES: Readonly<Record<Framework, string>> = {
  express:
    'use this route before app.use(express.json()), or keep the bytes: express.json({ verify: (req, _, bytes) => { req.rawBody = bytes } }); in NestJS: NestFactory.create(AppModule, { rawBody: true })',
  koa: 'use this handler before the body parser, or one that keeps the bytes as ctx.request.rawBody, such as @koa/bodyparser',
  fastify:
    "register the route with the plugin, which keeps the bytes: app.register(fastifyPlugin(handler), { url: '/notify' }); in NestJS: NestFactory.create(AppModule, new FastifyAdapter(), { rawBody: true })",
  next: 'export const config = { api: { bodyParser: false } } in this file, or use a Route Handler (app/…/route.ts)',
  node: 'use this handler before anything that reads the request, or set req.rawBody to the bytes as received',
}

/** The usual parser of a body, by framework and media type. */
const PARSERS: Readonly<Record<Framework, (type: string) => string>> = {
  express: type =>
    type.includes('json') ? 'express.json()' : type.includes('urlencoded') ? 'express.urlencoded()' : 'a body parser',
  koa: () => 'a body parser of Koa',
  fastify: () => "Fastify's content type parser",
  next: () => "Next's body parser",
  node: () => 'a body parser',
}

function missingBody({ framework, message, body }: ReadableRequest): ConfigurationError {
  const type = String(message.headers['content-type'])
  const who = body === undefined ? 'something has read' : `${PARSERS[framework](type)} has parsed`
  return new ConfigurationError(
    'RAW_BODY_MISSING',
    'req.body',
    `${who} the body, and the bytes as received, which the signature covers, are gone; ${CURES[framework]}`,
  )
}
