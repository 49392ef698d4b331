import type { FrameworkRequest } from './node-request.ts'
import { toRequest } from './to-request.ts'

/**
 * A function from `Request` to `Response`: what `createNotificationHandler` returns.
 */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/** Methods that no `Request` can have. */
const FORBIDDEN_METHODS = /^(?:CONNECT|TRACE|TRACK)$/i

/** Calls a handler with a request of a framework. */
export async function handle(handler: FetchHandler, source: FrameworkRequest, method = ''): Promise<Response> {
  if (FORBIDDEN_METHODS.test(method)) return new Response(null, { status: 405, headers: { allow: 'POST' } })
  return handler(toRequest(source))
}

/** Returns the headers of a response for frameworks that accept several values of one name as a list. */
export function headersOf({ headers }: Response): [name: string, value: string | string[]][] {
  const cookies = headers.getSetCookie()
  const others = [...headers].filter(([name]) => name !== 'set-cookie')
  return cookies.length > 0 ? [...others, ['set-cookie', cookies]] : others
}
