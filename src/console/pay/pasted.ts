import { CASHIER_PATH } from '../../simulator/accounts/orders/order-presentation.ts'
import type { PaymentReference } from '../../simulator/cashier/payment.ts'

/** Returns what a pasted text names: the payment of a `code_url`, or of an `h5_url`; undefined if it is neither. */
export function paymentReferenceOf(text: string): PaymentReference | undefined {
  if (/^weixin:\/\/wxpay\/bizpayurl\?\S+$/i.test(text)) return { code_url: text }
  if (!URL.canParse(text)) return undefined
  const { protocol, pathname, searchParams } = new URL(text)
  const prepay_id = searchParams.get('prepay_id')
  return /^https?:$/.test(protocol) && pathname.endsWith(CASHIER_PATH) && prepay_id ? { prepay_id } : undefined
}
