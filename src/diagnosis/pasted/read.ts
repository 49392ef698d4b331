import { parseJsonOr } from '../../core/codec/json.ts'
import { isCurl, readCurl } from './curl.ts'
import type { Exchange } from './exchange.ts'
import { harEntries, readHar } from './har.ts'
import { readSavedMessage } from './http.ts'

/**
 * Reads a pasted text: HTTP, a curl command for bash or for the command prompt of Windows, a HAR, JSON `{ headers, body }`, or only a body.
 *
 * @returns its messages, of which there is at least one
 * @throws {FormatError} it is none of these
 */
export function readPasted(pasted: string): readonly Exchange[] {
  const text = pasted.replace(/^\ufeff/, '')
  if (isCurl(text)) return [readCurl(text)]
  const entries = /^\s*\{/.test(text) && /"entries"/.test(text) ? harEntries(parseJsonOr(text, undefined)) : undefined
  if (entries) return readHar(entries)
  const { firstLine = '', ...message } = readSavedMessage(text.replace(/^\s*\n(?=[A-Za-z])/, ''))
  const [, status] = /^HTTP\/\S+ (\d+)/.exec(firstLine) ?? []
  if (status) return [{ kind: 'response', status: Number(status), message }]
  const [, method, url] = /^(\S+) (\S+) HTTP\//.exec(firstLine) ?? []
  if (method && url) return [{ kind: 'request', method, url, message }]
  return [{ kind: 'body', message }]
}
