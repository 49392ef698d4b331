import type { Bytes } from '../../core/bytes.ts'
import type { World } from '../world.ts'
import type { Field } from './fields.ts'
import type { Fields } from './incoming.ts'
import type { ReceivedPart } from './multipart.ts'

/** An authenticated request whose parameters fit the route's tables and whose sealed fields are open. */
export interface Call {
  /** The path's parameters, decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
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

/** An endpoint: a row of the table. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Placeholders as `{name}`. */
  readonly path: string
  readonly query?: readonly Field[]
  readonly body?: readonly Field[]
  /** Dotted paths of the body's fields that are sealed for WeChat Pay. */
  readonly sealed?: readonly string[]
  /** A multipart request; the body's fields are those of its part `meta`. */
  readonly upload?: true
  handle(call: Call, world: World): Reply | Promise<Reply>
}
