import type { Control, OrderReference } from '../control/control.ts'
import type { MerchantView } from './merchant-view.ts'

/** Methods for a shopper, who has a payment, a QR code or a transfer and does not know the merchant. */
type Shopper = Pick<Control, 'pay' | 'payment' | 'payments' | 'checkPayment' | 'checkTransfer'>

/** @param views returns the merchants, the first one's first */
export function createShopper(views: () => readonly MerchantView[]): Shopper {
  const first = (): MerchantView => views()[0]!
  const viewOf = (prepay_id: unknown): MerchantView =>
    views().find(view => typeof prepay_id === 'string' && view.payment({ prepay_id })) ?? first()
  return {
    // An order's number alone does not say whose it is: that of the first merchant.
    pay: ((order: OrderReference, coupon_id?: string) => {
      const view = Object(order) === order && 'prepay_id' in order ? viewOf(order.prepay_id) : first()
      return view.pay(order, coupon_id)
    }) as Control['pay'],
    payment(reference) {
      for (const view of views()) {
        const payment = view.payment(reference)
        if (payment) return payment
      }
      return undefined
    },
    // A prepay_id begins with the time at which it was issued.
    payments: (max = 100) =>
      views()
        .flatMap(view => view.payments(max))
        .sort((a, b) => (a.prepay_id < b.prepay_id ? 1 : -1))
        .slice(0, max),
    checkPayment: parameters =>
      viewOf(String(Object(parameters).package).replace(/^prepay_id=/, '')).checkPayment(parameters),
    checkTransfer: parameters =>
      (views().find(({ merchant }) => merchant.mchid === Object(parameters).mchId) ?? first()).checkTransfer(
        parameters,
      ),
  }
}
