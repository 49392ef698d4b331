import { VERSION } from '../base/version.ts'
import { type Query, stringifyQuery } from '../codec/query.ts'
import type { Call, Payload } from './call.ts'

/** Creates the URL of a call at an access point. */
export function urlOf(baseUrl: string, { path }: Call, query: unknown): URL {
  const url = new URL(baseUrl.replace(/\/$/, '') + path)
  if (query) url.search = stringifyQuery(query as Query)
  return url
}

/**
 * Creates the arguments of `fetch`. The headers of the caller replace the defaults, and the headers that the signature or
 * the encryption requires replace those.
 */
export function requestOf(
  url: URL,
  { method, headers }: Call,
  { body, type }: Pick<Payload, 'body' | 'type'>,
  defaults: Readonly<Record<string, string>>,
  required?: Readonly<Record<string, string>>,
): [url: string, init: RequestInit] {
  const all = {
    'user-agent': `wechatpay-edge/${VERSION}`,
    ...defaults,
    ...Object.fromEntries(new Headers(headers)),
    ...(type && { 'content-type': type }),
    ...required,
  }
  return [url.href, { method, headers: all, body, redirect: 'manual', duplex: 'half' } as RequestInit]
}
