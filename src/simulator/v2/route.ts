import type { Bytes } from '../../core/base/bytes.ts'
import type { Rules } from '../catalogue/rules.ts'
import type { SimulatorContext } from '../context.ts'
import type { ResponseFields } from './message.ts'
import type { MessageParams } from './signature.ts'

/** The parameters of an authenticated message. */
export type RouteInput = MessageParams

/** The result of a route: response fields, a redirect, or a file as text or compressed bytes. */
export type RouteResult = ResponseFields | URL | string | Bytes

/** Implementation of an endpoint, called once the message has been checked against its definition. */
export interface Route {
  /** Name in the definitions: `POST /pay/unifiedorder`. */
  readonly endpoint: `${'GET' | 'POST'} /${string}`
  /** Checks beyond the definition, by the name of a parameter. */
  readonly rules?: Rules
  /** @param origin scheme and host that the request was sent to */
  handle(params: RouteInput, context: SimulatorContext, origin: string): RouteResult | Promise<RouteResult>
}
