import type { Bytes } from '../../core/bytes.ts'
import type { Rules } from '../catalogue/rules.ts'
import type { SimulatorContext } from '../context.ts'
import type { ReceivedPart } from '../http/multipart.ts'
import type { Fields } from './received-request.ts'

/** An authenticated request that fits its definition and the route's rules, and whose sealed fields are open. */
export interface Call {
  /** Where it was sent to, `https://api.mch.weixin.qq.com`: what is offered for download is there too. */
  readonly origin: string
  /** The path's parameters, decoded. */
  readonly path: Readonly<Record<string, string>>
  /** Of a parameter that is repeated, the first value. */
  readonly query: Readonly<Record<string, string>>
  /** The query's parameters that are lists. */
  readonly lists: Readonly<Record<string, readonly string[]>>
  /** JSON; of an upload its part `meta`. */
  readonly body: Fields
  readonly parts: readonly ReceivedPart[]
}

export interface Reply {
  readonly status: number
  /** JSON, or the bytes of a file. Absent: none. */
  readonly body?: object | Bytes
  /** Files bear no signature: their hash came in a signed answer. */
  readonly unsigned?: true
  readonly type?: string
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What the simulator does at an endpoint, beyond checking the request against its definition. */
export interface Route {
  /** As in the definitions: `POST /v3/pay/transactions/jsapi`, placeholders as `{name}`. */
  readonly endpoint: `${Method} /v3/${string}` | `${Method} /${'hk' | 'global'}/v3/${string}`
  /** What the service checks beyond the definition, by the name of a parameter or the dotted path of a body's field. */
  readonly rules?: Rules
  handle(call: Call, context: SimulatorContext): Reply | Promise<Reply>
}
