import { CallError, ServiceError, type Wechatpay } from '../../core/index.ts'
import type { CallOptions } from '../../definitions/call.ts'
import { type ApplymentBodies, findApplyment } from './applyment.ts'
import type { WithFiles } from './files.ts'
import { mayHaveTakenEffect, type SubmitOptions, type Submitted, submitApplyment } from './submit.ts'

const KIND = 'apply4subject'
const CANCEL = 'v3/apply4subject/applyment/{business_code}/cancel'
const CANCELED = 'APPLYMENT_STATE_CANCELED'

/**
 * Cancels an applyment for 商户开户意愿确认 (撤销申请单). Succeeds if the applyment was canceled before. If the response is lost or
 * WeChat Pay refuses, a query determines whether it is canceled.
 *
 * @param wxpay the partner's client
 * @param business_code the number it was submitted with (业务申请编号)
 * @param options options of the calls
 * @throws {ServiceError} no applyment has this number, or its state does not allow cancellation
 * @throws {TransportError} `mayHaveTakenEffect`: the query failed too; call it again
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012697627
 * @example
 * ```ts
 * await cancelApplyment(wxpay, '1900013511_10000')
 * ```
 */
export async function cancelApplyment(
  wxpay: Wechatpay,
  business_code: string,
  options: CallOptions = {},
): Promise<void> {
  try {
    await wxpay.chain(CANCEL).post(undefined, { ...options, business_code })
  } catch (error) {
    if (!(error instanceof ServiceError) && !mayHaveTakenEffect(error)) throw error
    const found = await findApplyment(wxpay, KIND, business_code, options).catch(() => undefined)
    if (found?.applyment_state !== CANCELED) throw error
  }
}

/**
 * Replaces an applyment for 商户开户意愿确认 that was rejected (驳回) or needs changes: cancels it and submits another one under
 * a new number. Unlike 特约商户进件, WeChat Pay does not accept corrections under the same `business_code`.
 *
 * After an error or a crash, call it again with the same arguments: canceling twice is harmless, and a replacement that
 * has arrived is found by its number and not submitted again.
 *
 * @param wxpay the partner's client
 * @param business_code the number of the applyment to replace (业务申请编号)
 * @param body the corrected applyment, with a `business_code` that was never used; accepts a `Blob` or bytes for a
 * media id
 * @param options see {@link SubmitOptions}
 * @throws {CallError} `business_code` of the body is missing or not new, or a file is not accepted; nothing was sent
 * @throws {ServiceError} the old applyment cannot be canceled, or WeChat Pay refuses the new one
 * @throws {TransportError} `mayHaveTakenEffect`: call it again with the same arguments
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012697627
 * @example
 * ```ts
 * for await (const { stage, applyment } of watchApplyment(wxpay, 'apply4subject', business_code))
 *   if (stage.action === 'replace')
 *     await replaceApplyment(wxpay, business_code, { ...correct(body, applyment), business_code: `${business_code}_2` })
 * ```
 */
export async function replaceApplyment(
  wxpay: Wechatpay,
  business_code: string,
  body: WithFiles<ApplymentBodies[typeof KIND]>,
  { attempts, wait, ...call }: SubmitOptions = {},
): Promise<Submitted> {
  const number = body.business_code
  if (typeof number !== 'string' || !number || number === business_code)
    throw new CallError('BODY_INVALID', 'business_code', 'give a new number, not that of the applyment to replace')
  const found = await findApplyment(wxpay, KIND, number, call)
  // A previous call submitted it, but its result was lost.
  if (found && found.applyment_state !== CANCELED) return { number, applyment_id: undefined, settledBy: 'query' }
  await cancelApplyment(wxpay, business_code, call)
  return submitApplyment(wxpay, KIND, body, { attempts, wait, ...call })
}
