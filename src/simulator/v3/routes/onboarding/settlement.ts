import { maskName, maskNumber, type SettlementAccount } from '../../../accounts/applyments/sub-applyment.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { Route } from '../../route.ts'

const ROOT = '/v3/apply4sub/sub_merchants/{sub_mchid}'
const RULES = { sub_mchid: { pattern: /^\d{8,10}$/ } }

/** Body of a request to change a settlement account, once it has been checked. */
interface ChangeBody extends Omit<SettlementAccount, 'account_name'> {
  readonly account_name?: string
}

/** The settlement accounts of sub-merchants (结算账户). */
export const settlementRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}/modify-settlement`,
    rules: RULES,
    handle({ path, body }, { settlementAccounts }) {
      const { account_type, account_bank, bank_name, bank_branch_id, bank_address_code, account_number, account_name } =
        body as unknown as ChangeBody
      const { application_no } = settlementAccounts.change(path.sub_mchid!, {
        account_type,
        account_bank,
        bank_name,
        bank_branch_id,
        bank_address_code,
        account_number: maskNumber(account_number),
        // Documented: without a name, that of the merchant is used.
        account_name:
          account_name === undefined
            ? settlementAccounts.account(path.sub_mchid!).account_name
            : maskName(account_name),
      })
      return { status: 200, body: { application_no } }
    },
  },
  {
    endpoint: `GET ${ROOT}/application/{application_no}`,
    rules: RULES,
    handle({ path, query }, { settlementAccounts }) {
      const change = settlementAccounts.require(path.sub_mchid!, path.application_no!)
      const { account, result, fail_reason, decidedAt } = change
      return {
        status: 200,
        body: {
          ...account,
          account_number: shown(account.account_number, query.account_number_rule),
          verify_result: result,
          verify_fail_reason: fail_reason,
          verify_finish_time: decidedAt === undefined ? undefined : rfc3339(decidedAt),
        },
      }
    },
  },
  {
    endpoint: `GET ${ROOT}/settlement`,
    rules: RULES,
    handle({ path, query }, { settlementAccounts }) {
      const { account_name: _, ...account } = settlementAccounts.account(path.sub_mchid!)
      const account_number = shown(account.account_number, query.account_number_rule)
      return { status: 200, body: { ...account, account_number, verify_result: 'VERIFY_SUCCESS' } }
    },
  },
]

/** Returns a number as `account_number_rule` asks: V2 shows the first six and the last four digits, V1 two and two. */
const shown = (number: string, rule: string | undefined): string =>
  rule === 'ACCOUNT_NUMBER_RULE_MASK_V2'
    ? number
    : `${number.slice(0, 2)}${'*'.repeat(Math.max(0, number.length - 4))}${number.slice(-2)}`
