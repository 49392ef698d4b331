import type { Bytes } from '../../core/base/bytes.ts'
import type { Rules } from '../catalogue/rules.ts'
import type { SimulatorContext } from '../context.ts'
import type { ReceivedPart } from '../http/multipart.ts'

/** Members of a JSON object. */
export type Fields = Record<string, unknown>

/** An authenticated request, checked against its definition and the route's rules, with its encrypted fields decrypted. */
export interface RouteInput {
  /** Scheme and host that the request was sent to, `https://api.mch.weixin.qq.com`, for download URLs. */
  readonly origin: string
  /** Parameters of the path, decoded. */
  readonly path: Readonly<Record<string, string>>
  /** Parameters of the query; of a repeated one, the first value. */
  readonly query: Readonly<Record<string, string>>
  /** Parameters of the query that are lists. */
  readonly lists: Readonly<Record<string, readonly string[]>>
  /** JSON of the body; for an upload, of its part `meta`. */
  readonly body: Fields
  readonly parts: readonly ReceivedPart[]
}

export interface RouteResult {
  readonly status: number
  /** An object to send as JSON, or the bytes of a file. Absent: no body. */
  readonly body?: object | Bytes
  /** Files have no signature, because a signed response contained their hash. */
  readonly unsigned?: true
  /** Content type of a file. */
  readonly type?: string
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Implementation of an endpoint, called once the request has been checked against its definition. */
export interface Route {
  /** Name in the definitions: `POST /v3/pay/transactions/jsapi`, with placeholders as `{name}`. */
  readonly endpoint: `${Method} /v3/${string}` | `${Method} /${'hk' | 'global'}/v3/${string}`
  /** Checks beyond the definition, by the name of a parameter or the dotted path of a field of the body. */
  readonly rules?: Rules
  handle(input: RouteInput, context: SimulatorContext): RouteResult | Promise<RouteResult>
}
