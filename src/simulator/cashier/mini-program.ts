import type { Simulator } from '../simulator.ts'
import type { StartParameters, StartProblem } from './check.ts'

/** The decision of the shopper at the cashier. `fail`: the bank refuses. */
export type ShopperDecision = 'pay' | 'cancel' | 'fail'

export interface MiniProgramOptions {
  /** Appid of the mini program. Default: that of the simulator's merchant. */
  readonly appid?: string | undefined
  /** Returns what the shopper does each time that the cashier opens. Default: `pay`. */
  readonly decide?: (() => ShopperDecision | Promise<ShopperDecision>) | undefined
}

interface Callbacks {
  success?(result: { errMsg: string }): void
  fail?(result: { errMsg: string }): void
  complete?(result: { errMsg: string }): void
}

/** The part of a mini program's `wx` that starts payments and transfers. */
export interface MiniProgram {
  /**
   * Checks the parameters as WeChat does, and has the shopper decide. Like the real one it calls `success`, `fail` and `complete`, and
   * returns a promise if none of them is given.
   */
  requestPayment(options: object & Callbacks): Promise<{ errMsg: string }>
  /** Does the same for a transfer that waits for the user (商家转账用户确认收款). */
  requestMerchantTransfer(options: object & Callbacks): Promise<{ errMsg: string }>
}

/**
 * Creates `wx.requestPayment` and `wx.requestMerchantTransfer` for the tests of a mini program, with a simulator in place of WeChat.
 *
 * @example
 * ```ts
 * const simulator = await createSimulator()
 * globalThis.wx = createMiniProgram(simulator, { decide: () => 'cancel' })
 * ```
 */
export function createMiniProgram(
  simulator: Simulator,
  { appid = simulator.merchant.appid, decide = () => 'pay' }: MiniProgramOptions = {},
): MiniProgram {
  return {
    requestPayment: options =>
      call('requestPayment', options, async parameters => {
        const check = await simulator.checkPayment({ ...parameters, appId: appid })
        if ('problem' in check) return detailOf(check.problem)
        const decision = await decide()
        if (decision === 'pay') simulator.pay({ prepay_id: check.payment.prepay_id })
        return decision
      }),
    requestMerchantTransfer: options =>
      call('requestMerchantTransfer', options, async parameters => {
        const check = simulator.checkTransfer(parameters)
        if ('problem' in check) return detailOf(check.problem)
        const decision = await decide()
        if (decision === 'pay') simulator.confirmTransfer(check.transfer.out_bill_no)
        return decision
      }),
  }
}

const detailOf = ({ parameter, what, cure }: StartProblem): string =>
  `${parameter === undefined ? '' : `${parameter}: `}${what}. ${cure}.`

/** Calls back as the functions of `wx` do. */
async function call(
  name: string,
  { success, fail, complete, ...parameters }: object & Callbacks,
  run: (parameters: StartParameters) => Promise<string>,
): Promise<{ errMsg: string }> {
  const outcome = await run(parameters as StartParameters)
  const result = { errMsg: outcome === 'pay' ? `${name}:ok` : `${name}:fail${outcome === 'fail' ? '' : ` ${outcome}`}` }
  const callback = outcome === 'pay' ? success : fail
  callback?.(result)
  complete?.(result)
  if (outcome === 'pay' || success || fail || complete) return result
  throw result
}
