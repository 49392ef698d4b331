import type { IncomingMessage } from 'node:http'
import { crossSiteHeader } from '../../core/base/cross-site.ts'
import { problemOfHost } from '../../simulator/control/foreign-page.ts'

/** A response of this program's own: the request is not forwarded, or the service has not responded. */
export interface ErrorResponse {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** A host as browsers and SDKs write it, with its port. */
const HOST = /^[\w.-]+(?::\d+)?$|^\[[\da-fA-F:.]+\](?::\d+)?$/

/**
 * Returns why a request is not forwarded: a page of another site made a browser send it, or reached this program under a name that it made
 * resolve to this machine (DNS rebinding). Either would send to WeChat Pay what nobody here asked for, and record it.
 *
 * @param hosts names that this program may be reached under, besides addresses and `localhost`
 */
export function refusalOfForeign({ headers }: IncomingMessage, hosts: readonly string[]): ErrorResponse | undefined {
  const { host = '' } = headers
  const url = `http://${host}/`
  if (!HOST.test(host) || !URL.canParse(url))
    return {
      status: 403,
      code: 'HOST_UNKNOWN',
      message: 'The header Host is missing or no host. Send the one of this address.',
    }
  const problem = problemOfHost({ url }, hosts, '--allow-host')
  if (problem !== undefined) return { status: 403, code: 'HOST_UNKNOWN', message: problem }
  const sent = { url, headers: new Headers(pairsOf(headers, ['origin', 'sec-fetch-site'])) }
  const header = crossSiteHeader(sent)
  if (header === undefined) return undefined
  const message = `A page of another site made a browser send this request (${header}). Call from a program.`
  return { status: 403, code: 'CROSS_SITE', message }
}

const pairsOf = (headers: IncomingMessage['headers'], names: readonly string[]): [string, string][] =>
  names.flatMap(name => (headers[name] === undefined ? [] : [[name, String(headers[name])] as [string, string]]))
