import { findEndpoint, type Match } from '../../simulator/catalogue/find.ts'
import type { Shape } from '../../simulator/catalogue/shape.ts'
import { fieldsOf } from './fields.ts'
import { type KeptBody, parseBody } from './kept-body.ts'
import { type Recorder, recordFields } from './recorded-value.ts'
import type { RecordedBody, RecordedExchange, RecordedValue } from './recording.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A request and its response as they passed. */
export interface Exchange {
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  readonly requestBody: KeptBody
  readonly status: number
  readonly responseHeaders: Readonly<Record<string, unknown>>
  readonly responseBody: KeptBody
}

/** Headers of responses that the documents name. Those of the transport depend on the way to the service. */
const HEADERS: ReadonlySet<string> = new Set([
  'content-type',
  'request-id',
  'retry-after',
  'wechatpay-nonce',
  'wechatpay-serial',
  'wechatpay-signature',
  'wechatpay-signature-type',
  'wechatpay-timestamp',
])
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Records a request and its response: shapes, and of their content only what the definitions list. */
export function recordExchange(exchange: Exchange, recorder: Recorder): RecordedExchange {
  const { status, responseHeaders } = exchange
  const [path = '', search = ''] = exchange.target.split(/\?(.*)/s)
  const method = METHODS.has(exchange.method) ? exchange.method : '?'
  const found = matchOf(method, path)
  const { endpoint, path: segments = {} } = found ?? {}
  const parameters = endpoint?.parameters
  const api = endpoint?.api ?? apiOf(path)
  const query = Object.fromEntries(new URLSearchParams(search))
  // The definition of a response says nothing about an error.
  const shape = status >= 400 ? undefined : endpoint?.response
  const body = recordBody(exchange.responseBody, shape, recorder)
  const code = codeOf(body)
  return {
    request: {
      api,
      method,
      path: endpoint?.path ?? maskPath(path, recorder.vocabulary),
      isDefined: endpoint !== undefined,
      parameters: recordFields(decodeSegments(segments), parameters?.path ?? [], recorder),
      query: recordFields(query, parameters?.query ?? [], recorder),
      body: recordBody(exchange.requestBody, endpoint?.body, recorder),
    },
    response: {
      status,
      ...(code !== undefined && { code }),
      headers: Object.keys(responseHeaders)
        .map(name => name.toLowerCase())
        .filter(name => HEADERS.has(name))
        .sort(),
      body,
    },
  }
}

function matchOf(method: string, path: string): Match | undefined {
  const found = findEndpoint(method, path)
  return typeof found === 'string' ? undefined : found
}

const apiOf = (path: string): 'v2' | 'v3' | 'brand' =>
  /^(?:\/[a-z]+)?\/v3\//.test(path) ? 'v3' : path.startsWith('/brand/') ? 'brand' : 'v2'

const MAX_SEGMENTS = 16

const maskPath = (path: string, { isSegment }: Vocabulary): string =>
  path
    .split('/', MAX_SEGMENTS)
    .map(segment => (segment === '' || isSegment(segment) ? segment : '{?}'))
    .join('/')

function decodeSegments(segments: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(segments).map(([name, text]) => {
      try {
        return [name, decodeURIComponent(text)]
      } catch {
        return [name, text]
      }
    }),
  )
}

const codeOf = (body: RecordedBody): string | undefined => {
  if (body.type !== 'object') return undefined
  const values = ['err_code', 'code', 'result_code', 'return_code'].map(name => codeIn(body.fields[name]))
  return values.find(value => value !== undefined)
}
const codeIn = (value: RecordedValue | undefined): string | undefined =>
  value?.type === 'string' ? value.value : undefined

function recordBody(bytes: KeptBody, shape: Shape | undefined, recorder: Recorder): RecordedBody {
  if (typeof bytes === 'string') return { type: bytes }
  if (bytes.length === 0) return { type: 'none' }
  const message = parseBody(bytes)
  return message === undefined ? { type: 'opaque' } : recordFields(message, fieldsOf(shape), recorder)
}
