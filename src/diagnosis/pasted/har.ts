import { fromBase64 } from '../../core/base/bytes.ts'
import { isSignedCall } from '../message.ts'
import type { Exchange } from './exchange.ts'
import { FormatError } from './format-error.ts'
import { appendHeader } from './http.ts'

/** Messages of a HAR that are read. */
const MAX_MESSAGES = 200

type Json = Readonly<Record<string, unknown>>

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(Object) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Returns the entries of a HAR (HTTP Archive 1.2); undefined if a value is not one. */
export function harEntries(value: unknown): readonly Json[] | undefined {
  const { entries } = Object(Object(value).log)
  return Array.isArray(entries) ? list(entries) : undefined
}

/**
 * Reads the messages of a HAR that concern WeChat Pay: by its hosts, its paths or its headers.
 *
 * @throws {FormatError} there are none, or more than 200
 */
export function readHar(entries: readonly Json[]): Exchange[] {
  const exchanges = entries.flatMap(readEntry)
  if (exchanges.length === 0) throw new FormatError('har-empty', String(entries.length))
  if (exchanges.length > MAX_MESSAGES) throw new FormatError('har-too-many', String(exchanges.length))
  return exchanges
}

function readEntry(entry: Json): Exchange[] {
  const request: Json = Object(entry.request)
  const response: Json = Object(entry.response)
  const [method, url] = [text(request.method), text(request.url)]
  const [sent, received] = [headersOf(request.headers), headersOf(response.headers)]
  const isCall = CALL.test(url) || isSignedCall(sent)
  if (!isCall && !isSigned(sent) && !isSigned(received)) return []
  const started = Date.parse(text(entry.startedDateTime))
  const at = Number.isNaN(started) ? undefined : started
  const took = typeof entry.time === 'number' && entry.time > 0 ? entry.time : 0
  const status = Number(response.status)
  const postData: Json = Object(request.postData)
  const asked: Exchange = { kind: 'request', method, url, at, message: { headers: sent, body: text(postData.text) } }
  const content: Json = Object(response.content)
  return [
    asked,
    ...(status > 0 && isCall
      ? [
          {
            kind: 'response' as const,
            status,
            to: `${method} ${url}`,
            at: at === undefined ? undefined : at + took,
            message: { headers: received, body: contentOf(content) },
          },
        ]
      : []),
  ]
}

/** URLs of WeChat Pay's APIs, at its own hosts or at a proxy or a simulator. */
const CALL = /^https?:\/\/(?:[^/]*\.mch\.weixin\.qq\.com\/|[^/]+\/(?:v3|brand)\/)/i

const isSigned = (headers: Headers): boolean => headers.has('wechatpay-signature')

function headersOf(given: unknown): Headers {
  const headers = new Headers()
  // HTTP/2 has pseudo-headers, which begin with a colon.
  for (const { name, value } of list(given))
    if (!text(name).startsWith(':')) appendHeader(headers, text(name), text(value))
  return headers
}

function contentOf({ text: content, encoding }: Json): string {
  if (encoding !== 'base64') return text(content)
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(fromBase64(text(content)))
  } catch {
    return text(content)
  }
}
