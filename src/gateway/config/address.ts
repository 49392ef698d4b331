import type { Report } from './problem.ts'

/** Tells hosts that lie in the gateway's own network or machine: `127.0.0.1`, `localhost`, `10.0.0.1`, `[::1]`. */
export type IsPrivateHost = (hostname: string) => boolean

/** `URL.parse`, which Node 20 has not. */
export function parseUrl(value: unknown): URL | undefined {
  try {
    return typeof value === 'string' ? new URL(value.trim()) : undefined
  } catch {
    return undefined
  }
}

export interface AddressRules {
  isPrivateHost: IsPrivateHost
  /** What makes a private host admissible, plain HTTP with it: told to whoever gives one. Undefined: nothing does. */
  privateBy?: string
  /** It is admissible here. */
  allowPrivate: boolean
}

/** An address; undefined, and reported without its text, which may hold secrets, when it cannot be used. */
export function addressOf(
  value: unknown,
  at: string,
  { isPrivateHost, privateBy, allowPrivate }: AddressRules,
  report: Report,
): URL | undefined {
  const url = parseUrl(value)
  const fault = !url
    ? 'give a whole URL: https://…'
    : url.username || url.password
      ? 'no name and password go into a URL'
      : url.hash
        ? 'nothing goes behind a # in it'
        : privacyFault(url, isPrivateHost, allowPrivate, privateBy)
  if (!fault) return url
  report(at, fault)
  return undefined
}

function privacyFault(
  { protocol, hostname }: URL,
  isPrivateHost: IsPrivateHost,
  allowPrivate: boolean,
  privateBy: string | undefined,
): string | undefined {
  const hint = privateBy ? `. ${privateBy} allows it` : ''
  if (protocol !== 'https:' && !(protocol === 'http:' && allowPrivate))
    return protocol === 'http:' ? `the URL must begin with https, not http${hint}` : 'the URL must begin with https'
  return isPrivateHost(hostname) && !allowPrivate
    ? `it lies at a private address, in the network behind the gateway${hint}`
    : undefined
}
