import type { Wechatpay } from '../../../core/client/client.ts'
import { APPID, type ParameterFormat, requireParameter } from '../../parameter.ts'
import { type MiniProgramPayment, startMiniProgram } from './v3.ts'

/** An order of medical insurance payment (医保自费混合收款), which was placed and is to be paid. */
export interface MedicalOrder {
  /** `mix_trade_no` of the response to `/v3/med-ins/orders`. */
  mix_trade_no: string
  /** The appid of the order that the user pays themselves, or of the app that starts the payment: `wx…`. */
  appid: string
  /**
   * `prepay_id` of the JSAPI order that the user pays themselves (自费), see {@link Prepaid}. Undefined if the insurance pays
   * everything (`INSURANCE_ONLY`).
   */
  prepay_id?: string | undefined
}

/** Parameters of `wx.requestMedicalInsurancePay` in a mini program. */
export interface MedicalPayment extends Partial<MiniProgramPayment> {
  mixTradeNo: string
}

/** Parameters of `wx.requestMedicalInsurancePay` of the JS-SDK, in a web page within WeChat. */
export interface MedicalPagePayment extends MedicalPayment {
  appid: string
}

const MIX_TRADE_NO: ParameterFormat = [/^[\x21-\x7e]{1,256}$/, 'the mix_trade_no of the response to placing the order']

/**
 * Creates the parameters with which a mini program starts a medical insurance payment (小程序调起医保自费混合支付): the mixed
 * order, and the signed order that the user pays themselves, if there is one. Nothing is sent.
 *
 * @param client the client that placed both orders
 * @param order see {@link MedicalOrder}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `privateKey` is missing
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012166993
 * @example
 * ```ts
 * const { data: prepaid } = await wxpay.v3.pay.transactions.jsapi.post(cash)
 * const { data } = await wxpay.v3.medIns.orders.post({ mix_pay_type: 'CASH_AND_INSURANCE', …, prepay_id: prepaid.prepay_id })
 * const payment = await startMedicalMiniProgram(wxpay, { appid, ...prepaid, mix_trade_no: data.mix_trade_no })
 * // in the mini program: wx.requestMedicalInsurancePay({ ...payment, success() { … } })
 * ```
 */
export async function startMedicalMiniProgram(client: Wechatpay, order: MedicalOrder): Promise<MedicalPayment> {
  const { appid, prepay_id } = order
  const mixTradeNo = requireParameter(order.mix_trade_no, 'mix_trade_no', MIX_TRADE_NO)
  requireParameter(appid, 'appid', APPID)
  return { mixTradeNo, ...(prepay_id !== undefined && (await startMiniProgram(client, { appid, prepay_id }))) }
}

/**
 * Creates the same for `wx.requestMedicalInsurancePay` of the JS-SDK in a web page within WeChat (JSAPI调起医保自费混合支付), which
 * also requires the appid. Nothing is sent.
 *
 * @param client the client that placed both orders
 * @param order see {@link MedicalOrder}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `privateKey` is missing
 * @see https://pay.weixin.qq.com/docs/partner/apis/medical-insurance-pay/orders/jsapi-mix-pay.html
 * @example
 * ```ts
 * const payment = await startMedicalJsapi(wxpay, { appid, mix_trade_no, prepay_id })
 * // in the page: wx.invoke('requestMedicalInsurancePay', payment, ({ err_msg }) => …)
 * ```
 */
export const startMedicalJsapi = async (client: Wechatpay, order: MedicalOrder): Promise<MedicalPagePayment> => ({
  appid: order.appid,
  ...(await startMedicalMiniProgram(client, order)),
})
