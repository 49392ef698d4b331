import type { FundFlow } from '../funds.ts'
import type { SharingOrder } from './sharing-order.ts'
import type { SharingReturn } from './sharing-return.ts'

/** Returns the movements of the shares that leave the merchant, and of those that another merchant receives. */
export function* flowsOfSharing({ mchid, out_order_no, createdAt, receivers }: SharingOrder): Generator<FundFlow> {
  for (const { type, account, amount, description, detail_id } of receivers) {
    if (type === 'MERCHANT_ID' && account === mchid) continue
    const common = {
      at: createdAt,
      number: detail_id,
      voucher: out_order_no,
      remark: description,
      account: 'BASIC',
      business: '分账',
    } as const
    yield { ...common, mchid, amount: -amount }
    if (type === 'MERCHANT_ID') yield { ...common, mchid: account, amount }
  }
}

/** Returns the movements of a return, from the receiver to the merchant that shared. A failed one has none. */
export function* flowsOfReturn(sharingReturn: SharingReturn): Generator<FundFlow> {
  if (sharingReturn.result === 'FAILED') return
  const { mchid, return_mchid, out_return_no, return_id, amount, createdAt, description } = sharingReturn
  const common = {
    at: createdAt,
    number: return_id,
    voucher: out_return_no,
    account: 'BASIC',
    business: '分账回退',
    remark: description,
  } as const
  yield { ...common, mchid: return_mchid, amount: -amount }
  yield { ...common, mchid, amount }
}
