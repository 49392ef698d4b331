import { withoutUrl } from '../core/base/without-url.ts'
import { TransportError, WechatpayError } from '../core/index.ts'

/** Properties of an error whose connection was never established; one match is enough. */
interface Cause {
  readonly code?: RegExp
  /** The system call that failed; on an established connection it is `read` or `write`. */
  readonly syscall?: RegExp
  readonly message?: RegExp
}

/** Code of the error of a dispatcher that has refused a request before there was a connection for it. */
export const NOT_DISPATCHED = 'ERR_NOT_DISPATCHED'

/**
 * Errors that mean that no connection was established, so that nothing was sent: the name did not resolve, the
 * connection was refused, the TLS handshake failed. Other errors, such as `ECONNRESET`, may have occurred after the
 * request.
 *
 * The names of certificate errors are those of OpenSSL, which Node, Bun and Deno's `node:tls` share.
 *
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const UNSENT: Readonly<Record<'any' | 'node' | 'bun', Cause>> = {
  any: {
    code: /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT(?:_IN_CHAIN)?|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)\w*|INVALID_CA|HOSTNAME_MISMATCH)$/,
    syscall: /^(?:connect|getaddrinfo)$/,
  },
  node: {
    // Node 20 writes `SSLV3_ALERT_…`, Node 24 `SSL/TLS_ALERT_…`.
    code: /^(?:ERR_NOT_DISPATCHED|UND_ERR_CONNECT_TIMEOUT|ERR_SSL_.*ALERT_HANDSHAKE_FAILURE)$/,
    message: /^Client network socket disconnected before secure TLS connection was established/,
  },
  bun: { message: /\bThe TLS handshake failed\b/ },
}

/** Errors of connections that a transport reports not to have established. */
const unestablished = new WeakSet<Error>()

/** Remembers that a connection was not established, for errors whose properties could also be those of an established one. */
export function rememberUnestablished(error: unknown): void {
  if (error instanceof Error) unestablished.add(error)
}

/** The code with which Node reports a server that does not speak TLS. */
export const WITHOUT_TLS = 'ERR_SSL_WRONG_VERSION_NUMBER'

/** Limits the causes to follow, since causes of foreign errors can form a cycle. */
const MAX_CAUSES = 5

/**
 * Wraps a `fetch` to report when nothing was sent: it then rejects with a {@link TransportError} whose
 * `mayHaveTakenEffect` is false. Other errors are unchanged, and leave the outcome unknown.
 *
 * @param fetchOnce sends each request once; a `fetch` that repeats could fail to connect after the first request has arrived
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...options, fetch: reportUnsent(fetch) })
 * ```
 */
export function reportUnsent(fetchOnce: typeof fetch): typeof fetch {
  return async (input, init) => {
    try {
      return await fetchOnce(input, init)
    } catch (error) {
      // Errors of this library have reported it already.
      const found = error instanceof WechatpayError ? undefined : findUnsent(error)
      if (found === undefined) throw error
      const url = input instanceof Request ? input.url : String(input)
      throw new TransportError(
        'NETWORK_ERROR',
        `No connection to ${new URL(url).host} (${found}), so nothing was sent.${found === WITHOUT_TLS ? ' It speaks no https: does its address begin with http://?' : ''}`,
        false,
        withoutUrl(error, url),
      )
    }
  }
}

/** The `fetch` of the runtime, unless a program has replaced it before this module was loaded. */
export const NATIVE: typeof fetch = globalThis.fetch
const reportingNative = reportUnsent((input, init) => NATIVE(input, init))

/**
 * Sends with the `fetch` of Node or Bun, which sends a request once, and reports when nothing was sent. If a program
 * has replaced the global `fetch`, its errors are left unchanged, because it may send a request twice.
 */
export const runtimeFetch: typeof fetch = (input, init) =>
  globalThis.fetch === NATIVE ? reportingNative(input, init) : globalThis.fetch(input, init)

/** Returns the code of an error that means that nothing was sent; undefined for others. */
function findUnsent(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > MAX_CAUSES) return undefined
  const { code, syscall, message, cause } = error as NodeJS.ErrnoException
  // If the name has several addresses, each of them was tried.
  if (error instanceof AggregateError && error.errors.length > 0) {
    const all = error.errors.map(attempt => findUnsent(attempt, depth + 1))
    return all.every(inner => inner !== undefined) ? all[0] : undefined
  }
  const matches = (pattern: RegExp | undefined, value: unknown) => typeof value === 'string' && pattern?.test(value)
  const isUnsent =
    unestablished.has(error) ||
    Object.values(UNSENT).some(
      unsent => matches(unsent.code, code) || matches(unsent.syscall, syscall) || matches(unsent.message, message),
    )
  return isUnsent ? (code ?? syscall ?? 'TLS') : findUnsent(cause, depth + 1)
}
