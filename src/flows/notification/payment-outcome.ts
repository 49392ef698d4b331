/**
 * Tells whether a `transaction-success` of APIv2 reports a payment. A deduction that failed (委托代扣 扣款失败) has the same name.
 *
 * @param fields of the notification
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011988064
 */
export const isSuccessfulPayment = ({ result_code, trade_state }: Readonly<Record<string, unknown>>): boolean =>
  result_code === 'SUCCESS' && trade_state !== 'PAY_FAIL'
