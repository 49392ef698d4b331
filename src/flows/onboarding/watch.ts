import type { CallOptions } from '../../core/endpoints/call.ts'
import { ServiceError, TransportError, type Wechatpay, WechatpayError } from '../../core/index.ts'
import { type Wait, waitWithTimer } from '../wait.ts'
import { type Applyments, queryApplyment } from './applyment.ts'
import { type ApplymentKind, type ApplymentStage, type ApplymentStates, stageOf } from './stages.ts'

export interface WatchOptions extends CallOptions {
  /** Milliseconds after which it is given up. Default: a day. */
  deadline?: number
  /**
   * Milliseconds to wait before query `number` (1, 2, …) since the last news. Default: 10 seconds, half as much again each
   * time, up to 10 minutes.
   */
  delay?: (number: number) => number
  /** Waits. Default: the runtime's timer. */
  wait?: Wait
  /** Milliseconds since 1970. Default: `Date.now`. */
  now?: () => number
}

/** A state that an applyment has come into. */
export interface ApplymentChange<Kind extends ApplymentKind> {
  state: ApplymentStates[Kind] | (string & {})
  /** The state before, as far as it was seen. */
  previous: ApplymentStates[Kind] | (string & {}) | undefined
  /** The meaning of the state. */
  stage: ApplymentStage<ApplymentStates[Kind]>
  /** The response to the query: `sign_url`, `qrcode_data`, `audit_detail` and the like. */
  applyment: Applyments[Kind]
}

const DAY = 24 * 60 * 60 * 1000
const FIRST_DELAY = 10_000
const MAX_DELAY = 10 * 60 * 1000
const backoff = (number: number): number => Math.min(FIRST_DELAY * 1.5 ** (number - 1), MAX_DELAY)

/**
 * Watches an applyment (申请单): gives its state now, and then each other that it comes into. It ends with the state in which
 * nothing more happens by itself: it is finished, canceled, or rejected and to be submitted again. A state that is not
 * known is given like any other, and watched on. A query that fails on its way is made again later.
 *
 * @param number `business_code`, or `out_request_no` (业务申请编号)
 * @param options `signal` ends it
 * @throws {TransportError} `ABORTED`
 * @throws {WechatpayError} `TIMEOUT`: the deadline; the applyment goes on, and can be watched again
 * @throws {ServiceError} there is none with this number, or it is not to be queried
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
  const end = now() + deadline
  let previous: ApplymentChange<Kind>['previous']
  for (let query = 1; ; query++) {
    const applyment = await queryApplyment(wxpay, kind, number, call).catch(ignoreTransientError)
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

/** The network comes back, and WeChat Pay too. */
function ignoreTransientError(error: unknown): undefined {
  const isPassing =
    (error instanceof TransportError && error.code !== 'ABORTED') ||
    (error instanceof ServiceError && (error.status >= 500 || error.status === 429))
  if (!isPassing) throw error
}

const timeoutMessage = (number: string, deadline: number, state: string | undefined): string =>
  `The applyment ${number} is ${state ?? 'not heard of'} after ${deadline} ms: watch it again later.`
