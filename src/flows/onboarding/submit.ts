import type { CallOptions } from '../../core/endpoints/call.ts'
import { CallError, ResponseError, TransportError, type Wechatpay } from '../../core/index.ts'
import { type Wait, waitWithTimer } from '../wait.ts'
import { type ApplymentBodies, type Applyments, ENDPOINTS, findApplyment } from './applyment.ts'
import { uploadFiles, type WithFiles } from './files.ts'
import { type ApplymentKind, stageOf } from './stages.ts'

export interface SubmitOptions extends CallOptions {
  /** How often to submit, at most, while an answer is lost and a query finds nothing. Default: 3. */
  attempts?: number
  /** Waits between a lost answer and the query. Default: the runtime's timer. */
  wait?: Wait
}

export interface Submitted {
  /** Your own number (业务申请编号): `business_code`, `out_request_no`. */
  number: string
  /** WeChat Pay's number (微信支付申请单号); undefined if a query for 商户开户意愿确认 settled it, which does not return the number. */
  applyment_id: number | bigint | undefined
  /** `query`: the answer was lost, and a query has found that the submission arrived. */
  settledBy: 'response' | 'query'
}

/** Milliseconds to give a submission whose answer was lost, doubled each time. */
const LOST_RESPONSE_DELAY = 1000

/**
 * Submits an applyment (提交申请单): the files in it are uploaded and replaced by their media ids, sensitive fields are encrypted
 * by the client. After a rejection (驳回) a corrected one is submitted with the same number; for 商户开户意愿确认 (`apply4subject`)
 * use `replaceApplyment` instead, because a number is accepted there only once.
 *
 * When the answer is lost, the number is queried before anything is repeated: a submission that has arrived is not sent a
 * second time.
 *
 * @param body a `Blob` or bytes may stand wherever a media id is expected
 * @throws {CallError} naming the field whose file is not accepted, or the number when there is none
 * @throws {ServiceError} WeChat Pay says no
 * @throws {TransportError} `mayHaveTakenEffect`: even the query has not told
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
  // Without it nobody could tell what has become of a submission whose answer is lost.
  if (typeof number !== 'string' || !number)
    throw new CallError('BODY_INVALID', name, 'give a number of your own (业务申请编号)')
  const filled = await uploadFiles<ApplymentBodies[Kind]>(wxpay, body, call)
  let lostResponse: unknown
  for (let attempt = 1; ; attempt++) {
    try {
      const { data } = await wxpay.chain(submit).post<Partial<Submitted>>(filled, call)
      return { number, applyment_id: data.applyment_id, settledBy: 'response' }
    } catch (error) {
      // A refusal means something else once an answer is lost: that it was submitted before.
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

/** An applyment that waits to be submitted again, or was revoked, is the one that was there before. */
function hasArrived<Kind extends ApplymentKind>(kind: Kind, { applyment_state }: Applyments[Kind]): boolean {
  const { action, outcome } = stageOf(kind, applyment_state)
  return action !== 'resubmit' && outcome !== 'canceled'
}

const idOf = (found: Applyments[ApplymentKind]): number | bigint | undefined =>
  'applyment_id' in found ? found.applyment_id : undefined
