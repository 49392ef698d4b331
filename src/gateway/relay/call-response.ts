import { isAbsentCode, mayDoLater } from '../../core/base/service-codes.ts'
import { parseXml } from '../../core/codec/xml.ts'
import {
  CallError,
  ConfigurationError,
  type Reply,
  ResponseError,
  ServiceError,
  stringifyJson,
} from '../../core/index.ts'
import type { Api } from '../../definitions/call.ts'
import { withoutSignature } from '../fields.ts'
import { IN_DOUBT_HEADER, problemOf, problemResponse, Refusal } from '../problem.ts'

/** The response to a call, with the properties that the audit trail records. */
export interface CallResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | ReadableStream | null
  /** The error code of WeChat Pay or of the gateway. */
  readonly code: string | null
  readonly wechatpayRequestId: string | null
  /** The call may have taken effect. */
  readonly inDoubt: boolean
  /** WeChat Pay would respond to a repetition in the same way, so the response is kept for the `Idempotency-Key`. */
  readonly isFinal: boolean
  /** The call has had no effect: WeChat Pay refused it, or it was not sent. */
  readonly isRefused: boolean
  /** The ledger of the audit trail has counted it. */
  readonly isCounted?: boolean
}

const JSON_TYPE = { 'Content-Type': 'application/json' }

/**
 * Converts WeChat Pay's reply to a response.
 *
 * @param api of the call. The signature of an APIv2 reply is removed, so that no caller has a text that the APIv2 key signed
 */
export function responseOfReply({ data, status, headers: original, ...proof }: Reply<unknown>, api: Api): CallResponse {
  const common = { code: null, wechatpayRequestId: proof.requestId ?? null, inDoubt: false, isRefused: false }
  const headers = verificationHeaders(proof)
  if (data === undefined) return { ...common, status, headers, body: null, isFinal: true }
  if (status >= 300)
    return { ...common, status, headers: { ...headers, Location: String(data) }, body: null, isFinal: false }
  if (data instanceof ReadableStream) {
    const type = original.get('content-type') ?? 'application/octet-stream'
    return { ...common, status, headers: { ...headers, 'Content-Type': type }, body: data, isFinal: false }
  }
  return {
    ...common,
    status,
    headers: { ...headers, ...JSON_TYPE },
    body: stringifyJson(api === 'v2' ? withoutSignature(data) : data),
    isFinal: true,
  }
}

/**
 * Converts the error of a call to a response: WeChat Pay's own error in JSON for both APIs, and any other error as a problem.
 *
 * @param options `changes`: the call changes something, so that it may have taken effect (default: true); `isInDoubt`: an earlier call
 * with its `Idempotency-Key` is in doubt, and stays so, because its effect may be the reason why this call was refused (`ORDERPAID`)
 */
export async function responseOfError(
  error: unknown,
  requestId: string,
  { changes = true, isInDoubt = false }: { changes?: boolean; isInDoubt?: boolean } = {},
): Promise<CallResponse> {
  if (error instanceof ServiceError && !error.serviceCode.startsWith('HTTP_'))
    return responseOfServiceError(error, isInDoubt)
  const inDoubt = isInDoubt || (changes && mayHaveTakenEffect(error))
  const document =
    error instanceof ServiceError ? { status: 502, code: 'UPSTREAM_ERROR', detail: error.message } : problemOf(error)
  const response = problemResponse({ ...document, mayHaveTakenEffect: inDoubt, requestId })
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
    code: document.code,
    wechatpayRequestId: error instanceof ResponseError ? (error.requestId ?? null) : null,
    inDoubt,
    isFinal: false,
    isRefused: !inDoubt && !(error instanceof ResponseError),
  }
}

/** Returns true for an error without the property, such as one caused by a bug, because the call may have been sent before. */
function mayHaveTakenEffect(error: unknown): boolean {
  if (error instanceof CallError || error instanceof ConfigurationError) return false
  const { mayHaveTakenEffect: isPossible = !(error instanceof Refusal) } = (
    error instanceof Refusal ? error.problem : Object(error)
  ) as { mayHaveTakenEffect?: boolean }
  return isPossible
}

/**
 * Converts an error of WeChat Pay. It is kept for the `Idempotency-Key` only if a repetition would be refused too: a merchant who tops
 * up after `NOT_ENOUGH` sends the same call with the same key.
 */
function responseOfServiceError(error: ServiceError, isInDoubt: boolean): CallResponse {
  const { status, body, serviceCode, requestId, verifiedBy } = error
  const inDoubt = isInDoubt || error.mayHaveTakenEffect
  const isWorthRepeating = status === 429 || mayDoLater(serviceCode) || isAbsentCode(serviceCode)
  return {
    status,
    headers: {
      ...verificationHeaders({ requestId, verifiedBy }),
      ...JSON_TYPE,
      ...retryAfter(error.headers),
      ...(inDoubt && { [IN_DOUBT_HEADER]: 'true' }),
    },
    body: body.trimStart().startsWith('<') ? stringifyJson(withoutSignature(parseXml(body))) : body,
    code: serviceCode,
    wechatpayRequestId: requestId ?? null,
    inDoubt,
    isFinal: !inDoubt && !isWorthRepeating,
    isRefused: !inDoubt,
  }
}

const retryAfter = (headers: Headers): Record<string, string> => {
  const value = headers.get('retry-after')
  return value === null ? {} : { 'Retry-After': value }
}

/** Creates the headers with the id that WeChat Pay's support asks for, and the id of the key that verified the response. */
const verificationHeaders = ({
  requestId,
  verifiedBy,
}: Pick<Reply<unknown>, 'requestId' | 'verifiedBy'>): Record<string, string> => ({
  ...(requestId && { 'Request-ID': requestId }),
  ...(verifiedBy && { 'Wechatpay-Edge-Verified-By': verifiedBy }),
})
