import { TransportError, WechatpayError } from '../core/index.ts'
import { withoutUrl } from '../core/without-url.ts'

/** How an error of a connection that was never made looks. One property that fits is enough. */
interface Cause {
  readonly code?: RegExp
  /** The system call that failed: that of a connection which was made is `read` or `write`. */
  readonly syscall?: RegExp
  readonly message?: RegExp
}

/**
 * Errors by which a runtime says that no connection was made, so that nothing was sent: the name did not resolve, nobody listened,
 * the TLS handshake failed. An error that is not here may have come after the request: `ECONNRESET` for one.
 *
 * The names of certificate errors are OpenSSL's, which Node, Bun and Deno's `node:tls` share.
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
    code: /^(?:UND_ERR_CONNECT_TIMEOUT|ERR_SSL_.*ALERT_HANDSHAKE_FAILURE)$/,
    message: /^Client network socket disconnected before secure TLS connection was established/,
  },
  bun: { message: /\bThe TLS handshake failed\b/ },
}

/** Errors that others threw may be each other's cause for ever. */
const MAX_CAUSES = 5

/**
 * Makes a `fetch` say where nothing was sent: it rejects with a {@link TransportError} whose `mayHaveTakenEffect` is false. Any other
 * error stays as it is, and leaves a doubt.
 *
 * @param send sends each request once. One that sends again may fail to connect the second time, after the first has arrived
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...options, fetch: tellingUnsent(fetch) })
 * ```
 */
export function tellingUnsent(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    try {
      return await send(input, init)
    } catch (error) {
      // A transport of ours has said what it is.
      const found = error instanceof WechatpayError ? undefined : findUnsent(error)
      if (found === undefined) throw error
      const url = input instanceof Request ? input.url : String(input)
      throw new TransportError(
        'NETWORK_ERROR',
        `No connection to ${new URL(url).host} (${found}), so nothing was sent.`,
        false,
        withoutUrl(error, url),
      )
    }
  }
}

const NATIVE = globalThis.fetch
const tellingNative = tellingUnsent((input, init) => NATIVE(input, init))

/**
 * The `fetch` of Node and of Bun, which send a request once, and say where nothing was sent. One that a program has put in its place
 * may send twice, so that what it fails with stays as it is.
 */
export const runtimeFetch: typeof fetch = (input, init) =>
  globalThis.fetch === NATIVE ? tellingNative(input, init) : globalThis.fetch(input, init)

/** Returns the code of the error that says that nothing was sent. */
function findUnsent(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > MAX_CAUSES) return undefined
  const { code, syscall, message, cause } = error as NodeJS.ErrnoException
  // A name with several addresses: each was tried.
  if (error instanceof AggregateError && error.errors.length > 0) {
    const all = error.errors.map(inner => findUnsent(inner, depth + 1))
    return all.every(one => one !== undefined) ? all[0] : undefined
  }
  const fits = (pattern: RegExp | undefined, value: unknown) => typeof value === 'string' && pattern?.test(value)
  const isUnsent = Object.values(UNSENT).some(
    known => fits(known.code, code) || fits(known.syscall, syscall) || fits(known.message, message),
  )
  return isUnsent ? (code ?? syscall ?? 'TLS') : findUnsent(cause, depth + 1)
}
