import { headersOf } from './handle.ts'

/** The members of Node's `ServerResponse` and `Http2ServerResponse` that are used. */
export interface NodeResponse {
  statusCode: number
  readonly headersSent: boolean
  readonly destroyed: boolean
  readonly writableEnded: boolean
  readonly req?: { readonly method?: string | undefined; readonly httpVersionMajor?: number }
  setHeader(name: string, value: string | readonly string[]): unknown
  write(chunk: Uint8Array): boolean
  end(): unknown
  destroy(error?: Error): unknown
  on(event: string, listener: () => void): unknown
  removeListener(event: string, listener: () => void): unknown
}

/** Headers that describe a connection of HTTP/1, and that HTTP/2 refuses. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * Sends a `Response` as the response of Node, at the pace at which the client reads it. Headers that a middleware has set stay. Does
 * nothing if the client is gone or something else has responded.
 *
 * @param response is read to its end, or cancelled if the client disconnects
 * @param res `ServerResponse`, `Http2ServerResponse`, `res` of Express or NestJS
 * @throws the error of the body, after the connection was closed, because a client must not take half a body for a whole one
 * @see https://nodejs.org/api/http.html#class-httpserverresponse
 * @example
 * ```ts
 * createServer(async (req, res) => sendResponse(await handler(toRequest(req)), res)).listen(3000)
 * ```
 */
export async function sendResponse(response: Response, res: NodeResponse): Promise<void> {
  const { status, body } = response
  if (res.headersSent || res.destroyed || res.writableEnded) return body?.cancel()
  const isHttp2 = Number(res.req?.httpVersionMajor) >= 2
  res.statusCode = status
  for (const [name, value] of headersOf(response))
    if (!(isHttp2 && CONNECTION_HEADERS.has(name))) res.setHeader(name, value)
  if (!body || res.req?.method === 'HEAD') {
    res.end()
    return body?.cancel()
  }
  const reader = body.getReader()
  const cancel = () => void reader.cancel().catch(() => {})
  res.on('close', cancel)
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read())
      if (!res.write(value!)) await waitForDrain(res)
    res.end()
  } catch (error) {
    res.destroy()
    throw error
  } finally {
    res.removeListener('close', cancel)
  }
}

/** Waits until the client has read, or is gone. */
function waitForDrain(res: NodeResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      res.removeListener('drain', done)
      res.removeListener('close', done)
      resolve()
    }
    res.on('drain', done)
    res.on('close', done)
    if (res.destroyed) done()
  })
}
