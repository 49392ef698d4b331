import type { AccountsContext } from '../context.ts'
import type { Order } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import {
  type FapiaoApplicationName,
  type FapiaoBuyer,
  type FapiaoTitle,
  type FapiaoTitleFilled,
  fapiaoKey,
} from './fapiao.ts'

/** The titles of invoices (抬头) that users fill in. */
export interface FapiaoTitles {
  /** Asks for the link with which a user fills in the title. */
  request(title: Omit<FapiaoTitle, 'scene' | 'buyer' | 'filledAt'>): void
  find(name: FapiaoApplicationName): FapiaoTitle | undefined
  /**
   * Fills in the title as the user.
   *
   * @throws {Rejection} `FAPIAO_NOT_REQUESTED`: no link was asked for, and there is no such paid transaction
   */
  fill(name: FapiaoApplicationName, buyer: FapiaoBuyer): FapiaoTitle
}

export function createFapiaoTitles(
  context: AccountsContext<FapiaoTitleFilled>,
  orders: Orders,
  notifyUrl: (sub_mchid: string | undefined) => string | undefined,
): FapiaoTitles {
  const { state, now, emit } = context
  const stored = state.map<FapiaoTitle>('fapiao-titles')
  const save = (title: FapiaoTitle): FapiaoTitle => {
    stored.set(fapiaoKey(title), title)
    return title
  }
  const find = (name: FapiaoApplicationName): FapiaoTitle | undefined => stored.get(fapiaoKey(name))
  return {
    request: title => void save({ ...find(title), ...title, scene: 'WITHOUT_WECHATPAY' }),
    find,
    fill(name, buyer) {
      const title = find(name) ?? titleOfOrder(name, orders)
      if (!title) throw new Rejection('FAPIAO_NOT_REQUESTED', name.fapiao_apply_id)
      const filled = save({ ...title, buyer, filledAt: now() })
      emit({ type: 'fapiao-title-filled', title: filled, notify_url: notifyUrl(filled.sub_mchid) })
      return filled
    },
  }
}

/** Returns the paid order with a transaction number, if it belongs to the merchant that a call names. */
export function findPaidOrder(
  transaction_id: string,
  sub_mchid: string | undefined,
  orders: Orders,
): Order | undefined {
  const order = orders.findByTransaction(transaction_id)
  return order?.transaction_id === transaction_id && order.sub_mchid === sub_mchid ? order : undefined
}

/** The user fills in the title of a paid order from its bill. */
function titleOfOrder({ fapiao_apply_id, sub_mchid }: FapiaoApplicationName, orders: Orders): FapiaoTitle | undefined {
  const order = findPaidOrder(fapiao_apply_id, sub_mchid, orders)
  return (
    order && {
      fapiao_apply_id,
      mchid: order.mchid,
      sub_mchid,
      scene: 'WITH_WECHATPAY',
      openid: order.payer.openid,
    }
  )
}
