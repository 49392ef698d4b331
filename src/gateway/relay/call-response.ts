import { parseXml } from '../../core/codec/xml.ts'
import {
  CallError,
  ConfigurationError,
  type Reply,
  ResponseError,
  ServiceError,
  stringifyJson,
} from '../../core/index.ts'
import { isAbsentCode, mayDoLater } from '../../core/service-codes.ts'
import { withoutSignature } from '../fields.ts'
import { IN_DOUBT_HEADER, problem, problemOf, Refusal } from '../problem.ts'

/** What a call came to, ready to be sent back, and what the audit trail keeps of it. */
export interface CallResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | ReadableStream | null
  /** WeChat Pay's error, or the gateway's. */
  readonly code: string | null
  readonly wechatpayRequestId: string | null
  /** It may have taken effect, and nobody knows. */
  readonly inDoubt: boolean
  /** WeChat Pay has spoken, and would say the same again: the answer stands for its `Idempotency-Key`. */
  readonly isFinal: boolean
  /** The call has surely had no effect: WeChat Pay refused it, or it was not sent. */
  readonly isRefused: boolean
  /** It was counted where the audit trail is. */
  readonly isCounted?: boolean
}

const JSON_TYPE = { 'Content-Type': 'application/json' }

/**
 * Writes WeChat Pay's response, its status and its proof.
 *
 * @param api of the call. Without its signature no caller holds a text that the APIv2 key signed
 */
export function responseOfReply(
  { data, status, headers: original, ...proof }: Reply<unknown>,
  api: 'v2' | 'v3',
): CallResponse {
  const common = { code: null, wechatpayRequestId: proof.requestId ?? null, inDoubt: false, isRefused: false }
  const headers = proofOf(proof)
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
 * Writes what a call has failed with: WeChat Pay's own error as it is, in JSON in both APIs; any other as a problem.
 *
 * @param options `changes`: the call changes something, so that it may have taken effect (default: true); `isInDoubt`: an
 * earlier call under its `Idempotency-Key` is in doubt. A refusal of this one, `ORDERPAID` say, tells nothing of the earlier:
 * it may be why this one was refused
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
  const response = problem({ ...document, mayHaveTakenEffect: inDoubt, requestId })
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

/** An error that says nothing of it, such as a bug's, came at an unknown time: the call may have been sent. */
function mayHaveTakenEffect(error: unknown): boolean {
  if (error instanceof CallError || error instanceof ConfigurationError) return false
  const { mayHaveTakenEffect = !(error instanceof Refusal) } = (
    error instanceof Refusal ? error.problem : Object(error)
  ) as { mayHaveTakenEffect?: boolean }
  return mayHaveTakenEffect
}

/**
 * Relays an error of WeChat Pay's. It stands for its key only where the same call would be refused again: a merchant who tops up
 * after `NOT_ENOUGH` sends the same call with the same key.
 */
function responseOfServiceError(error: ServiceError, isInDoubt: boolean): CallResponse {
  const { status, body, serviceCode, requestId, verifiedBy } = error
  const inDoubt = isInDoubt || error.mayHaveTakenEffect
  const isWorthRepeating = status === 429 || mayDoLater(serviceCode) || isAbsentCode(serviceCode)
  return {
    status,
    headers: {
      ...proofOf({ requestId, verifiedBy }),
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

/** The id that WeChat Pay's support asks for, and which key proved the answer. */
const proofOf = ({
  requestId,
  verifiedBy,
}: Pick<Reply<unknown>, 'requestId' | 'verifiedBy'>): Record<string, string> => ({
  ...(requestId && { 'Request-ID': requestId }),
  ...(verifiedBy && { 'Wechatpay-Edge-Verified-By': verifiedBy }),
})
