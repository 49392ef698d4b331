import { utf8 } from '../../../core/base/bytes.ts'
import type { AccountType } from '../../accounts/funds.ts'
import { isBillDay } from '../../bill/day.ts'
import { gzip } from '../../bill/downloads.ts'
import { fundFlowBill } from '../../bill/fund-flow.ts'
import { type TradeBillType, tradeBill } from '../../bill/trade.ts'
import type { SimulatorContext } from '../../context.ts'
import { ResultRefusal } from '../refusal.ts'
import type { Route, RouteInput, RouteResult } from '../route.ts'

const DATE = { bill_date: { pattern: /^\d{8}$/ } }

/** Bills: text if there is one, otherwise XML with an error. */
export const billRoutes: readonly Route[] = [
  {
    endpoint: 'POST /pay/downloadbill',
    rules: DATE,
    handle(params, context) {
      const { bill_type = 'ALL', sub_mch_id } = params
      // The accounts have no refunds to a recharged balance.
      if (bill_type === 'RECHARGE_REFUND') return offer(undefined, params, context)
      return offer(tradeBill(dateOf(params), bill_type as TradeBillType, context, sub_mch_id), params, context)
    },
  },
  {
    endpoint: 'POST /pay/downloadfundflow',
    rules: { ...DATE, sign_type: { enum: ['HMAC-SHA256'] } },
    handle(params, context) {
      const account = params.account_type!.toUpperCase() as AccountType
      return offer(
        fundFlowBill(dateOf(params), context.merchant.mchid, account, context.world.contexts(), 'v2'),
        params,
        context,
      )
    },
  },
]

/** Converts `20180608` to `2018-06-08`. */
const dateOf = ({ bill_date }: RouteInput): string => bill_date!.replace(/(....)(..)(..)/, '$1-$2-$3')

function offer(
  text: string | undefined,
  params: RouteInput,
  { now }: SimulatorContext,
): RouteResult | Promise<RouteResult> {
  if (text === undefined || !isBillDay(dateOf(params), now())) throw new ResultRefusal('20002', 'No Bill Exist')
  return params.tar_type === 'GZIP' ? gzip(utf8(text)) : text
}
