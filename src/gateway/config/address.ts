import type { Report } from './problem.ts'

/** Returns whether a host is in the gateway's own network or machine: `127.0.0.1`, `localhost`, `10.0.0.1`, `[::1]`. */
export type IsPrivateHost = (hostname: string) => boolean

/** Replaces `URL.parse`, which Node 20 does not have. */
export function parseUrl(value: unknown): URL | undefined {
  try {
    return typeof value === 'string' ? new URL(value.trim()) : undefined
  } catch {
    return undefined
  }
}

export interface AddressRules {
  isPrivateHost: IsPrivateHost
  /** The setting that allows private hosts and plain HTTP, for the error text. Default: there is none. */
  privateBy?: string
  /** Private hosts and plain HTTP are allowed. */
  allowPrivate: boolean
}

/**
 * Reads an address.
 *
 * @returns undefined for an invalid one, which is reported without its text, because that may contain secrets
 */
export function addressOf(
  value: unknown,
  at: string,
  { isPrivateHost, privateBy, allowPrivate }: AddressRules,
  report: Report,
): URL | undefined {
  const url = parseUrl(value)
  const problem = !url
    ? 'must be an absolute URL: https://…'
    : url.username || url.password
      ? 'the URL must not contain a user name or password'
      : url.hash
        ? 'the URL must not contain a fragment (#)'
        : privacyProblem(url, isPrivateHost, allowPrivate, privateBy)
  if (!problem) return url
  report(at, problem)
  return undefined
}

function privacyProblem(
  { protocol, hostname }: URL,
  isPrivateHost: IsPrivateHost,
  allowPrivate: boolean,
  privateBy: string | undefined,
): string | undefined {
  const hint = privateBy ? `. ${privateBy} allows it` : ''
  if (protocol !== 'https:' && !(protocol === 'http:' && allowPrivate))
    return protocol === 'http:' ? `the URL must begin with https, not http${hint}` : 'the URL must begin with https'
  return isPrivateHost(hostname) && !allowPrivate
    ? `the host is a private address, in the network of the gateway${hint}`
    : undefined
}
