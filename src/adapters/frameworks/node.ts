import { type FetchHandler, handle } from './handle.ts'
import type { FrameworkRequest } from './node-request.ts'
import { type NodeResponse, sendResponse } from './send-response.ts'

/**
 * Makes a listener `(req, res)` of a handler from `Request` to `Response`, for `node:http`, `node:http2`, Express, Connect, NestJS
 * and the Pages Router of Next. Use it before a body parser, or with one that keeps the bytes as `req.rawBody` or as a `Buffer` in
 * `req.body`: a signature covers the bytes, and a body that was parsed is refused (`RAW_BODY_MISSING`), which the handler reports to
 * its `onError`.
 *
 * @param handler such as the result of `createNotificationHandler`
 * @returns the listener. An error of the handler itself is passed to `next`, if there is one; otherwise the response is 500, and the
 * first such error is logged with `console.warn`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 * @example
 * ```ts
 * const notify = nodeHandler(createNotificationHandler(wxpay, { 'TRANSACTION.SUCCESS': ship }))
 * app.post('/notify', notify) // Express, before app.use(express.json())
 * createServer(notify).listen(3000) // node:http
 * ```
 */
export function nodeHandler(
  handler: FetchHandler,
): (req: FrameworkRequest, res: NodeResponse, next?: (error?: unknown) => void) => Promise<void> {
  let isLogged = false
  return async (req, res, next) => {
    try {
      await sendResponse(await handle(handler, req, Object(req).method), res)
    } catch (error) {
      if (next) return next(error)
      if (!isLogged) logUnhandled(error)
      isLogged = true
      await sendResponse(Response.json({ code: 'FAIL', message: 'not accepted' }, { status: 500 }), res)
    }
  }
}

// biome-ignore lint/suspicious/noConsole: without `next`, nothing else would show the error
const logUnhandled = (error: unknown): void => console.warn('wechatpay-edge: a request was answered 500.', error)
