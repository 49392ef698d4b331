import type { Bytes } from '../../core/bytes.ts'
import type { Rules } from '../catalogue/rules.ts'
import type { SimulatorContext } from '../context.ts'
import type { ResponseFields } from './message.ts'
import type { Params } from './signature.ts'

/** Result of a route: response fields, a redirect, or a file as text or compressed bytes. */
export type Result = ResponseFields | URL | string | Bytes

/** Implementation of an endpoint, called once the message has been checked against its definition. */
export interface Route {
  /** Name in the definitions: `POST /pay/unifiedorder`. */
  readonly endpoint: `${'GET' | 'POST'} /${string}`
  /** Checks beyond the definition, by the name of a parameter. */
  readonly rules?: Rules
  handle(params: Params, context: SimulatorContext): Result | Promise<Result>
}
