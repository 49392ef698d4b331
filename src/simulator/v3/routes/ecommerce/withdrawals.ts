import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import type { AccountType } from '../../../accounts/funds.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { dateOf } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { merchantWithdrawalBody, subMerchantWithdrawalBody } from '../../resources/withdrawal.ts'
import type { Fields, Route, RouteInput } from '../../route.ts'

const SUB = '/v3/ecommerce/fund'
const OWN = '/v3/merchant/fund/withdraw'
const RULES: Rules = {
  // Documented: letters and digits.
  out_request_no: { pattern: /^[\dA-Za-z]{1,32}$/ },
  amount: { minimum: 1 },
  remark: { maxLength: 56 },
  bank_memo: { maxLength: 32 },
  notify_url: { maxLength: 256 },
}

/** 账户余额 of sub-merchants, and 提现 of them and of the platform. */
export const withdrawalRoutes: readonly Route[] = [
  {
    endpoint: `GET ${SUB}/balance/{sub_mchid}`,
    handle({ path: { sub_mchid }, query: { account_type = 'BASIC' } }, { funds }) {
      // A deposit account (保证金账户) has no movements here.
      const { available, pending } =
        account_type === 'DEPOSIT'
          ? { available: 0, pending: 0 }
          : funds.balance(sub_mchid!, account_type as AccountType)
      return { status: 200, body: { sub_mchid, account_type, available_amount: available, pending_amount: pending } }
    },
  },
  {
    endpoint: `GET ${SUB}/enddaybalance/{sub_mchid}`,
    rules: { date: { pattern: /^\d{4}-\d\d-\d\d$/ } },
    handle({ path: { sub_mchid }, query }, context) {
      const { date = '', account_type = 'BASIC' } = query
      if (date >= dateOf(context.now()))
        throw paramError('参数错误，日期须早于今天', { field: 'date', issue: 'not over yet', location: 'query' })
      const { available, pending } = context.funds.closingBalance(sub_mchid!, account_type as AccountType, date)
      return { status: 200, body: { sub_mchid, available_amount: available, pending_amount: pending, account_type } }
    },
  },
  {
    endpoint: `POST ${SUB}/withdraw`,
    rules: RULES,
    handle({ body }, context) {
      const sub_mchid = String(body.sub_mchid)
      const { withdraw_id, out_request_no, account_type } = apply(body, sub_mchid, context)
      return { status: 200, body: { sub_mchid, withdraw_id, out_request_no, account_type } }
    },
  },
  {
    endpoint: `GET ${SUB}/withdraw/out-request-no/{out_request_no}`,
    handle: ({ path, query }, { withdrawals }) => ({
      status: 200,
      body: subMerchantWithdrawalBody(withdrawals.require(query.sub_mchid!, path.out_request_no!)),
    }),
  },
  {
    endpoint: `GET ${SUB}/withdraw/{withdraw_id}`,
    handle: ({ path, query }, { withdrawals }) => ({
      status: 200,
      body: subMerchantWithdrawalBody(withdrawals.requireById(query.sub_mchid!, path.withdraw_id!)),
    }),
  },
  {
    endpoint: `POST ${OWN}`,
    rules: RULES,
    handle({ body }, context) {
      const { withdraw_id, out_request_no } = apply(body, undefined, context)
      return { status: 200, body: { withdraw_id, out_request_no } }
    },
  },
  {
    endpoint: `GET ${OWN}/out-request-no/{out_request_no}`,
    handle: ({ path }, { withdrawals, merchant }) => ({
      status: 200,
      body: merchantWithdrawalBody(withdrawals.require(merchant.mchid, path.out_request_no!)),
    }),
  },
  { endpoint: `GET ${OWN}/withdraw-id/{withdraw_id}`, handle: queryById },
  { endpoint: `GET ${OWN}/{withdraw_id}`, handle: queryById },
]

function queryById({ path }: RouteInput, { withdrawals, merchant }: SimulatorContext) {
  return { status: 200, body: merchantWithdrawalBody(withdrawals.requireById(merchant.mchid, path.withdraw_id!)) }
}

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value))

const apply = (body: Fields, sub_mchid: string | undefined, { withdrawals, merchant }: SimulatorContext) =>
  withdrawals.apply({
    out_request_no: String(body.out_request_no),
    mchid: sub_mchid ?? merchant.mchid,
    sub_mchid,
    sp_mchid: merchant.mchid,
    account_type: (body.account_type ?? 'BASIC') as AccountType,
    amount: Number(body.amount),
    remark: textOf(body.remark),
    bank_memo: textOf(body.bank_memo),
    notify_url: textOf(body.notify_url),
    fingerprint: fingerprintOf(body),
  })
