import type { AccountType } from '../../../accounts/funds.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { dateOf } from '../../../clock/time.ts'
import { paramError } from '../../refusal.ts'
import type { Route } from '../../route.ts'

const RULES: Rules = { account_type: { enum: ['BASIC', 'OPERATION', 'FEES'] } }

/** 账户余额, current and at the end of a day. */
export const balanceRoutes: readonly Route[] = [
  {
    endpoint: 'GET /v3/merchant/fund/balance/{account_type}',
    rules: RULES,
    handle({ path }, { funds, merchant }) {
      const { available, pending } = funds.balance(merchant.mchid, path.account_type as AccountType)
      return { status: 200, body: { available_amount: available, pending_amount: pending } }
    },
  },
  {
    endpoint: 'GET /v3/merchant/fund/dayendbalance/{account_type}',
    rules: { ...RULES, date: { pattern: /^\d{4}-\d\d-\d\d$/ } },
    handle({ path, query }, context) {
      if (query.date! >= dateOf(context.now()))
        throw paramError('参数错误，日期须早于今天', { field: 'date', issue: 'not over yet', location: 'query' })
      const { funds, merchant } = context
      const { available, pending } = funds.closingBalance(merchant.mchid, path.account_type as AccountType, query.date!)
      return { status: 200, body: { available_amount: available, pending_amount: pending } }
    },
  },
]
