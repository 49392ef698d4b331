import { DAY } from '../../core/base/time.ts'
import { ConfigurationError, TransportError, type Wechatpay, WechatpayError } from '../../core/index.ts'
import type { CallOptions } from '../../definitions/call.ts'
import { MIN_TIME } from '../checks.ts'
import { isAbsent, isTransient } from '../error-kind.ts'
import { type Wait, waitWithTimer } from '../wait.ts'
import { type Applyments, queryApplyment } from './applyment.ts'
import { type ApplymentKind, type ApplymentStage, type ApplymentStates, stageOf } from './stages.ts'

/** Options of {@link watchApplyment}. */
export interface WatchOptions extends CallOptions {
  /** Milliseconds after which the iteration ends with `TIMEOUT`. Default: one day */
  deadline?: number
  /**
   * Returns the milliseconds to wait before the query with this number (1, 2, …) since the last change. Default: 10
   * seconds, increasing by half each time up to 10 minutes
   */
  delay?: (number: number) => number
  /** Waits. Default: the runtime's timer */
  wait?: Wait
  /** Returns milliseconds since 1970. Default: `Date.now` */
  now?: () => number
}

/** A state that an applyment has entered. */
export interface ApplymentChange<Kind extends ApplymentKind> {
  state: ApplymentStates[Kind] | (string & {})
  /** The previous state; undefined for the first one. */
  previous: ApplymentStates[Kind] | (string & {}) | undefined
  /** The meaning of the state. */
  stage: ApplymentStage<ApplymentStates[Kind]>
  /** The response to the query, with `sign_url`, `qrcode_data`, `audit_detail` and so on. */
  applyment: Applyments[Kind]
}

const FIRST_DELAY = 10_000
const MAX_DELAY = 10 * 60 * 1000
const backoff = (number: number): number => Math.min(FIRST_DELAY * 1.5 ** (number - 1), MAX_DELAY)

/**
 * Watches an applyment (申请单): yields its current state, then each state it enters. Ends with the state after which
 * nothing more happens without the applicant: finished, canceled, or rejected and to be submitted again. Unknown states
 * are yielded too, and watching continues. Queries that say nothing of the applyment are repeated.
 *
 * @param wxpay the partner's client
 * @param kind the kind of applyment
 * @param number `business_code`, or `out_request_no` (业务申请编号)
 * @param options see {@link WatchOptions}; `signal` ends the iteration
 * @throws {TransportError} `ABORTED`
 * @throws {ConfigurationError} `deadline` is a time instead of a duration
 * @throws {WechatpayError} `TIMEOUT`: `deadline` is over; the applyment continues and can be watched again
 * @throws {ServiceError} no applyment has this number, or the merchant may not query it
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012697168
 * @example
 * ```ts
 * for await (const { state, stage, applyment } of watchApplyment(wxpay, 'applyment4sub', business_code)) {
 *   if (stage.action === 'sign') await show(applyment.sign_url)
 *   if (stage.action === 'resubmit') console.log(state, applyment.audit_detail)
 * }
 * ```
 */
export async function* watchApplyment<Kind extends ApplymentKind>(
  wxpay: Wechatpay,
  kind: Kind,
  number: string,
  { deadline = DAY, delay = backoff, wait: pause = waitWithTimer, now = Date.now, ...call }: WatchOptions = {},
): AsyncGenerator<ApplymentChange<Kind>, void, undefined> {
  const { signal = new AbortController().signal } = call
  if (!(deadline < MIN_TIME || deadline === Number.POSITIVE_INFINITY))
    throw new ConfigurationError(
      'OPTION_INVALID',
      'deadline',
      'give milliseconds from now, such as 86_400_000, not a time',
    )
  const end = now() + deadline
  let previous: ApplymentChange<Kind>['previous']
  for (let query = 1; ; query++) {
    const applyment = await queryApplyment(wxpay, kind, number, call).catch(error => {
      // An applyment that does not exist will not appear.
      if (signal.aborted || isAbsent(error) || !isTransient(error)) throw error
      return undefined
    })
    const state = applyment?.applyment_state
    if (applyment && state !== undefined && state !== previous) {
      const stage = stageOf(kind, state)
      yield { state, previous, stage, applyment }
      if (stage.final || stage.by === 'applicant') return
      previous = state
      query = 1
    }
    const ms = delay(query)
    if (now() + ms > end) throw new WechatpayError('TIMEOUT', timeoutMessage(number, deadline, previous))
    await pause(ms, signal).catch(cause => {
      throw signal.aborted ? new TransportError('ABORTED', 'Aborted.', false, cause) : cause
    })
  }
}

const timeoutMessage = (number: string, deadline: number, state: string | undefined): string =>
  `The applyment ${number} is ${state ?? 'in an unknown state'} after ${deadline} ms. Watch it again later.`
