import type { AnyEndpoint, CallOptions } from '../../core/endpoints/call.ts'
import type {
  V3Apply4subjectApplymentGetResponse,
  V3Apply4subjectApplymentPostRequest,
  V3Applyment4subApplyment,
  V3Applyment4subApplymentPostRequest,
  V3EcommerceApplymentsOutRequestNoOutRequestNoGetResponse,
  V3EcommerceApplymentsPostRequest,
  V3EcommerceApplymentsSubmitAccountHostingApplymentPostRequest,
} from '../../core/endpoints/generated/types.ts'
import { ServiceError, type Wechatpay } from '../../core/index.ts'
import { provesAbsence } from '../../core/service-codes.ts'
import type { ApplymentKind } from './stages.ts'

/** The body of a submission, by the kind of the applyment. */
export interface ApplymentBodies {
  applyment4sub: V3Applyment4subApplymentPostRequest
  ecommerce: V3EcommerceApplymentsPostRequest
  'account-hosting': V3EcommerceApplymentsSubmitAccountHostingApplymentPostRequest
  apply4subject: V3Apply4subjectApplymentPostRequest
}

/** The response to a query: the state, and what the merchant needs to act in it. */
export interface Applyments {
  applyment4sub: V3Applyment4subApplyment
  ecommerce: V3EcommerceApplymentsOutRequestNoOutRequestNoGetResponse
  'account-hosting': V3EcommerceApplymentsOutRequestNoOutRequestNoGetResponse
  apply4subject: V3Apply4subjectApplymentGetResponse
}

interface Endpoints {
  /** The field of the body that holds your own number (业务申请编号). */
  readonly number: 'business_code' | 'out_request_no'
  readonly submit: string
  readonly query: string
  /** The number goes into the query, not into the path. */
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
 * Queries an applyment (查询申请单) by your own number.
 *
 * @param number `business_code`, or `out_request_no` (业务申请编号)
 * @throws {ServiceError} there is none with this number
 * @throws whatever a call throws
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012697168
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

/** The same; undefined where there is none. */
export async function findApplyment<Kind extends ApplymentKind>(
  wxpay: Wechatpay,
  kind: Kind,
  number: string,
  options: CallOptions,
): Promise<Applyments[Kind] | undefined> {
  try {
    return await queryApplyment(wxpay, kind, number, options)
  } catch (error) {
    // A 404 of WeChat Pay's says so in whatever code; a proxy's says nothing.
    const isNone = error instanceof ServiceError && (provesAbsence(error) || (error.status === 404 && error.verifiedBy))
    if (isNone) return undefined
    throw error
  }
}
