import { CallError, ResponseError, TransportError, type Wechatpay } from '../../core/index.ts'
import type { CallOptions } from '../../definitions/call.ts'
import { type Wait, waitWithTimer } from '../wait.ts'
import { type ApplymentBodies, type Applyments, ENDPOINTS, findApplyment } from './applyment.ts'
import { uploadFiles, type WithFiles } from './files.ts'
import { type ApplymentKind, stageOf } from './stages.ts'

/** Options of {@link submitApplyment}. */
export interface SubmitOptions extends CallOptions {
  /** Maximum number of submissions, while responses are lost and queries find nothing. Default: 3 */
  attempts?: number
  /** Waits between a lost response and the query. Default: the runtime's timer */
  wait?: Wait
}

/** Result of {@link submitApplyment}. */
export interface Submitted {
  /** The merchant's own number (业务申请编号): `business_code`, `out_request_no`. */
  number: string
  /**
   * WeChat Pay's number (微信支付申请单号); undefined if `settledBy` is `query` for 商户开户意愿确认, whose query does not return it.
   */
  applyment_id: number | bigint | undefined
  /** `query`: the response was lost, and a query found the submission. */
  settledBy: 'response' | 'query'
}

/** Milliseconds to wait after the first lost response; doubled after each further one. */
const LOST_RESPONSE_DELAY = 1000

/**
 * Submits an applyment (提交申请单). Files in the body are uploaded and replaced by their media ids; sensitive fields are
 * encrypted by the client. After a rejection (驳回), submit a corrected body under the same number; for 商户开户意愿确认
 * (`apply4subject`), which accepts each number only once, use `replaceApplyment` instead.
 *
 * If the response is lost, the number is queried before submitting again, so an applyment is never submitted twice.
 *
 * @param wxpay the partner's client
 * @param kind the kind of applyment
 * @param body the applyment; accepts a `Blob` or bytes for a media id
 * @param options see {@link SubmitOptions}
 * @throws {CallError} a file is not accepted, or the number is missing; names the field
 * @throws {ServiceError} WeChat Pay refuses the submission
 * @throws {TransportError} `mayHaveTakenEffect`: the response was lost, and the query failed too
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012719997
 * @example
 * ```ts
 * await submitApplyment(wxpay, 'applyment4sub', {
 *   business_code: '1900013511_10000',
 *   subject_info: { business_license_info: { license_copy: new File([jpg], 'licence.jpg'), … }, … },
 *   …
 * })
 * ```
 */
export async function submitApplyment<Kind extends ApplymentKind>(
  wxpay: Wechatpay,
  kind: Kind,
  body: WithFiles<ApplymentBodies[Kind]>,
  { attempts = 3, wait: pause = waitWithTimer, ...call }: SubmitOptions = {},
): Promise<Submitted> {
  const { number: name, submit } = ENDPOINTS[kind]
  const { signal = new AbortController().signal } = call
  const number = (body as Readonly<Record<string, unknown>>)[name]
  // Required to query the outcome after a lost response.
  if (typeof number !== 'string' || !number)
    throw new CallError('BODY_INVALID', name, 'give a number of your own (业务申请编号)')
  const filled = await uploadFiles<ApplymentBodies[Kind]>(wxpay, body, call)
  let lostResponse: unknown
  for (let attempt = 1; ; attempt++) {
    try {
      const { data } = await wxpay.chain(submit).post<Partial<Submitted>>(filled, call)
      return { number, applyment_id: data.applyment_id, settledBy: 'response' }
    } catch (error) {
      // After a lost response, a refusal may mean that the applyment has been submitted already.
      if ((!lostResponse && !mayHaveTakenEffect(error)) || signal.aborted) throw error
      if (mayHaveTakenEffect(error)) lostResponse = error
      const found = await pause(LOST_RESPONSE_DELAY * 2 ** (attempt - 1), signal)
        .then(() => findApplyment(wxpay, kind, number, call))
        .catch(() => {
          throw lostResponse
        })
      if (found && hasArrived(kind, found)) return { number, applyment_id: idOf(found), settledBy: 'query' }
      if (!mayHaveTakenEffect(error) || attempt >= attempts) throw error
    }
  }
}

export const mayHaveTakenEffect = (error: unknown): boolean =>
  (error instanceof TransportError || error instanceof ResponseError) && error.mayHaveTakenEffect

/** Checks that the applyment is the new submission: one to be resubmitted, or a canceled one, is from before it. */
function hasArrived<Kind extends ApplymentKind>(kind: Kind, { applyment_state }: Applyments[Kind]): boolean {
  const { action, outcome } = stageOf(kind, applyment_state)
  return action !== 'resubmit' && outcome !== 'canceled'
}

const idOf = (found: Applyments[ApplymentKind]): number | bigint | undefined =>
  'applyment_id' in found ? found.applyment_id : undefined
