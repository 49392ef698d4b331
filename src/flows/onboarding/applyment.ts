import { provesAbsence } from '../../core/base/service-codes.ts'
import { ServiceError, type Wechatpay } from '../../core/index.ts'
import type { AnyEndpoint, CallOptions } from '../../definitions/call.ts'
import type {
  V3Apply4subjectApplymentGetResponse,
  V3Apply4subjectApplymentPostRequest,
  V3Applyment4subApplyment,
  V3Applyment4subApplymentPostRequest,
  V3EcommerceApplymentsOutRequestNoOutRequestNoGetResponse,
  V3EcommerceApplymentsPostRequest,
  V3EcommerceApplymentsSubmitAccountHostingApplymentPostRequest,
} from '../../definitions/generated/types.ts'
import type { ApplymentKind } from './stages.ts'

/** Body of a submission, by kind of applyment. */
export interface ApplymentBodies {
  applyment4sub: V3Applyment4subApplymentPostRequest
  ecommerce: V3EcommerceApplymentsPostRequest
  'account-hosting': V3EcommerceApplymentsSubmitAccountHostingApplymentPostRequest
  apply4subject: V3Apply4subjectApplymentPostRequest
}

/** Response to a query, by kind of applyment: the state, and what the merchant needs to act on it. */
export interface Applyments {
  applyment4sub: V3Applyment4subApplyment
  ecommerce: V3EcommerceApplymentsOutRequestNoOutRequestNoGetResponse
  'account-hosting': V3EcommerceApplymentsOutRequestNoOutRequestNoGetResponse
  apply4subject: V3Apply4subjectApplymentGetResponse
}

interface Endpoints {
  /** Name of the body field with the merchant's own number (业务申请编号). */
  readonly number: 'business_code' | 'out_request_no'
  readonly submit: string
  readonly query: string
  /** Whether the number belongs in the query of the URL instead of the path. */
  readonly isQueryParameter?: true
}

const ECOMMERCE = {
  number: 'out_request_no',
  query: 'v3/ecommerce/applyments/out-request-no/{out_request_no}',
} as const

export const ENDPOINTS: Readonly<Record<ApplymentKind, Endpoints>> = {
  applyment4sub: {
    number: 'business_code',
    submit: 'v3/applyment4sub/applyment',
    query: 'v3/applyment4sub/applyment/business_code/{business_code}',
  },
  ecommerce: { ...ECOMMERCE, submit: 'v3/ecommerce/applyments' },
  'account-hosting': { ...ECOMMERCE, submit: 'v3/ecommerce/applyments/submit-account-hosting-applyment' },
  apply4subject: {
    number: 'business_code',
    submit: 'v3/apply4subject/applyment',
    query: 'v3/apply4subject/applyment',
    isQueryParameter: true,
  },
}

/**
 * Queries an applyment (查询申请单) by the merchant's own number.
 *
 * @param wxpay the partner's client
 * @param kind the kind of applyment
 * @param number `business_code`, or `out_request_no` (业务申请编号)
 * @param options options of the call
 * @throws {ServiceError} no applyment has this number
 * @throws {TransportError | SignatureError} the query failed
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012697168
 * @example
 * ```ts
 * const { applyment_state } = await queryApplyment(wxpay, 'applyment4sub', '1900013511_10000')
 * ```
 */
export async function queryApplyment<Kind extends ApplymentKind>(
  wxpay: Wechatpay,
  kind: Kind,
  number: string,
  options: CallOptions = {},
): Promise<Applyments[Kind]> {
  const { number: name, query, isQueryParameter } = ENDPOINTS[kind]
  const endpoint: AnyEndpoint = wxpay.chain(query)
  const named = { [name]: number }
  const { data } = await endpoint.get({ ...options, ...(isQueryParameter ? { params: named } : named) })
  return data as Applyments[Kind]
}

/** Queries an applyment like {@link queryApplyment}, but returns undefined if there is none. */
export async function findApplyment<Kind extends ApplymentKind>(
  wxpay: Wechatpay,
  kind: Kind,
  number: string,
  options: CallOptions,
): Promise<Applyments[Kind] | undefined> {
  try {
    return await queryApplyment(wxpay, kind, number, options)
  } catch (error) {
    if (error instanceof ServiceError && isAbsent(error)) return undefined
    throw error
  }
}

/** Text of the `PARAM_ERROR` that 特约商户进件 answers an unknown number with. No document has it; two reports do. */
const UNKNOWN_NUMBER = '未能找到申请单'

/** A signed 404 proves absence whatever its code; an unsigned error may come from a proxy. */
const isAbsent = (error: ServiceError): boolean =>
  provesAbsence(error) ||
  (error.verifiedBy !== undefined &&
    (error.status === 404 || (error.serviceCode === 'PARAM_ERROR' && error.serviceMessage === UNKNOWN_NUMBER)))
