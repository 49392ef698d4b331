import type { Bytes } from '../../core/bytes.ts'
import type { Rules } from '../catalogue/rules.ts'
import type { SimulatorContext } from '../context.ts'
import type { ResponseFields } from './message.ts'
import type { Params } from './signature.ts'

/** The answer's own fields, where to redirect to, or a file: text, or bytes where it is compressed. */
export type Result = ResponseFields | URL | string | Bytes

/** What the simulator does at an endpoint, beyond checking the message against its definition. */
export interface Route {
  /** As in the definitions: `POST /pay/unifiedorder`. */
  readonly endpoint: `${'GET' | 'POST'} /${string}`
  /** What the service checks beyond the definition, by the name of a parameter. */
  readonly rules?: Rules
  handle(params: Params, context: SimulatorContext): Result | Promise<Result>
}
