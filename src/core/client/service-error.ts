import type { Paths, ServiceErrors } from '../../definitions/generated/types.ts'
import { ServiceError } from '../base/errors.ts'
import type { CommonServiceCode } from '../base/service-codes.ts'

/** Method and path of an endpoint, as errors name it: `GET /v3/refund/domestic/refunds/{out_refund_no}`. */
export type EndpointName = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`

/** The name if an endpoint has it, otherwise never. Errors spell placeholders `{…}`, unlike the chain. */
type Known<Name extends EndpointName> = Name extends `${infer Verb} /${infer Path extends keyof Paths}`
  ? Path extends `${string}/${'_' | '$'}${string}`
    ? never
    : Lowercase<Verb> extends keyof Paths[Path]
      ? Name
      : never
  : never

/** The error codes of an endpoint: the documented ones if there are any, and others that WeChat Pay adds. */
export type ServiceCodeOf<Endpoint extends EndpointName> =
  | (Endpoint extends keyof ServiceErrors ? ServiceErrors[Endpoint] : never)
  | CommonServiceCode
  | (string & {})

/** A refused call of an endpoint. */
export interface EndpointError<Endpoint extends EndpointName> extends ServiceError {
  readonly serviceCode: ServiceCodeOf<Endpoint>
}

/**
 * Returns whether a call of an endpoint was refused by WeChat Pay, and types `serviceCode`: with the codes common to all
 * endpoints, and with the endpoint's own if its documentation lists them. For a path that has no definition use
 * `error instanceof ServiceError`.
 *
 * @param endpoint method and path of the definition: `POST /v3/refund/domestic/refunds`. An error without an `endpoint`, of
 * `wxpay.request`, counts as one of it
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012081709
 * @example
 * ```ts
 * try {
 *   await wxpay.v3.refund.domestic.refunds.post(refund)
 * } catch (error) {
 *   if (!isServiceError(error, 'POST /v3/refund/domestic/refunds')) throw error
 *   if (error.serviceCode === 'NOT_ENOUGH') console.log('top up the account, then send the same refund again')
 * }
 * ```
 */
export function isServiceError<Endpoint extends keyof ServiceErrors>(
  error: unknown,
  endpoint: Endpoint,
): error is EndpointError<Endpoint>
export function isServiceError<Endpoint extends EndpointName>(
  error: unknown,
  endpoint: Known<Endpoint>,
): error is EndpointError<Endpoint>
export function isServiceError(error: unknown, endpoint: string): boolean {
  return error instanceof ServiceError && (error.endpoint ?? endpoint) === endpoint
}
