import { bashWords } from './bash-words.ts'
import { cmdWords, isForCmd } from './cmd-words.ts'
import { curlParts } from './curl-options.ts'
import type { Exchange } from './exchange.ts'
import { FormatError } from './format-error.ts'
import { appendHeader } from './http.ts'

export const isCurl = (text: string): boolean => /^\s*(?:\$\s+)?curl(?:\.exe)?\s/.test(text)

const DATA: ReadonlySet<string> = new Set(['--data', '--data-raw', '--data-binary', '--data-ascii', '--json'])

/** The message as the options of a command describe it. */
interface CurlCommand {
  method?: string
  /** The words that may be the URL. */
  readonly urls: string[]
  readonly headers: Headers
  body: string | undefined
  readonly query: string[]
  isQuery: boolean
  isHead: boolean
}

/**
 * Reads the request of a curl command, as browsers and tools copy it for bash, or for the command prompt of Windows.
 *
 * @throws {FormatError} a quote is open, the body is in a file, or there is no URL
 */
export function readCurl(text: string): Exchange {
  const [, ...words] = isForCmd(text) ? cmdWords(text.trimStart()) : bashWords(text.replace(/^\s*\$\s+/, ''))
  const command: CurlCommand = {
    urls: [],
    headers: new Headers(),
    body: undefined,
    query: [],
    isQuery: false,
    isHead: false,
  }
  for (const { option, value } of curlParts(words)) {
    if (option === '--next') break
    applyPart(command, option, value)
  }
  const { urls, headers, body = '', query, isQuery, isHead } = command
  // The value of an option that is unknown here has no scheme.
  const given = urls.find(word => word.includes('://')) ?? urls[0]
  if (!given) throw new FormatError('curl-no-url')
  // A fragment is not sent.
  const url = given.replace(/#.*$/s, '')
  const added = [...query, ...(isQuery && body ? [body] : [])].join('&')
  const full = added ? `${url}${url.includes('?') ? '&' : '?'}${added}` : url
  const method = command.method ?? (isHead ? 'HEAD' : command.body !== undefined && !isQuery ? 'POST' : 'GET')
  return {
    kind: 'request',
    method: method.toUpperCase(),
    url: /^[a-z]+:\/\//i.test(full) ? full : `https://${full}`,
    message: { headers, body: isQuery ? '' : body },
  }
}

function applyPart(command: CurlCommand, option: string | undefined, value: string): void {
  if (option === undefined) command.urls.push(value)
  // Named as the URL, it takes precedence over words that only look like one.
  else if (option === '--url') command.urls.unshift(value)
  else if (option === '--request') command.method = value
  else if (option === '--header') addHeader(command.headers, value)
  else if (DATA.has(option)) addData(command, option, dataOf(option, value))
  else if (option === '--data-urlencode') addData(command, option, encodedData(value))
  else if (option === '--url-query') command.query.push(value.startsWith('+') ? value.slice(1) : encodedData(value))
  else if (option === '--form' || option === '--form-string') addMeta(command, option, value)
  else if (option === '--upload-file') throw new FormatError('curl-file', value)
  else if (option === '--get') command.isQuery = true
  else if (option === '--head') command.isHead = true
}

/** Appends to the body. Pieces of JSON follow each other, others are joined as a form. */
function addData(command: CurlCommand, option: string, data: string): void {
  const separator = command.body === undefined || option === '--json' ? '' : '&'
  command.body = `${command.body ?? ''}${separator}${data}`
}

function addHeader(headers: Headers, line: string): void {
  const [name = '', value = ''] = line.split(/:(.*)/s)
  appendHeader(headers, name.trim(), value.trim())
}

function dataOf(option: string, value: string): string {
  if (option !== '--data-raw' && value.startsWith('@')) throw new FormatError('curl-file', value.slice(1))
  return value
}

/** Returns the value of `--data-urlencode`: `content`, `=content` or `name=content`, of which the content is encoded. */
function encodedData(value: string): string {
  const [, name = '', mark, content = ''] = /^([^=@]*)([=@])(.*)$/s.exec(value) ?? []
  if (mark === '@') throw new FormatError('curl-file', content)
  if (mark === undefined) return curlEncode(value)
  return name === '' ? curlEncode(content) : `${name}=${curlEncode(content)}`
}

/** Encodes as `curl_easy_escape`, except that a space becomes a plus sign. */
const curlEncode = (text: string): string =>
  encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))
    .replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')

/** Of an upload, only the part `meta` is signed. */
function addMeta(command: CurlCommand, option: string, part: string): void {
  command.body ??= ''
  if (!part.startsWith('meta=')) return
  const value = part.slice('meta='.length)
  if (option === '--form' && /^[@<]/.test(value)) throw new FormatError('curl-file', value.slice(1))
  command.body = option === '--form' ? value.replace(/;\s*type=[^;"]*$/, '') : value
}
