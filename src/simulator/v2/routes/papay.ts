import type { SignType } from '../../../definitions/trait.ts'
import { type Contract, type SignedContract, signingPageOf } from '../../accounts/contracts/contract.ts'
import { fingerprintOf } from '../../accounts/fingerprint.ts'
import type { Rules } from '../../catalogue/rules.ts'
import type { SimulatorContext } from '../../context.ts'
import { ResultRefusal } from '../refusal.ts'
import { contractFields, contractNumbers } from '../resources/contract.ts'
import { subMerchantFields } from '../resources/transaction.ts'
import type { Route, RouteInput } from '../route.ts'
import { NUMBER, ORDER_RULES, queryOrder } from './pay.ts'

const SIGN_RULES: Rules = {
  plan_id: { pattern: /^\d{1,28}$/ },
  contract_code: { pattern: /^\S{1,32}$/ },
  notify_url: { pattern: /^https?:\/\// },
  version: { enum: ['1.0'] },
  timestamp: { pattern: /^\d{10}$/ },
  return_web: { enum: ['1'] },
}
const CONTRACT_RULES: Rules = { contract_termination_remark: { maxLength: 256 } }
const DEDUCTION_RULES: Rules = {
  ...ORDER_RULES,
  trade_type: { enum: ['PAP'] },
  notify_url: { pattern: /^https?:\/\/\S{1,250}$/ },
}

/** Merchants have these paths, service providers the same below `/partner`. */
const PARTIES = ['', '/partner'] as const

/** 委托代扣. */
export const papayRoutes: readonly Route[] = PARTIES.flatMap((party): Route[] => [
  {
    endpoint: `GET /papay${party}/entrustweb`,
    rules: SIGN_RULES,
    handle: (params, context) => new URL(signingPageOf(begin(params, context))),
  },
  {
    endpoint: `GET /papay${party}/h5entrustweb`,
    rules: SIGN_RULES,
    handle: (params, context) => ({ redirect_url: signingPageOf(begin(params, context)) }),
  },
  {
    endpoint: `POST /papay${party}/preentrustweb`,
    rules: SIGN_RULES,
    handle(params, context) {
      const { sub_appid, sub_mchid, pre_entrustweb_id } = begin(params, context)
      const miniprogram_path = `pages/index?pre_entrustweb_id=${pre_entrustweb_id}`
      return {
        ...subMerchantFields({ sub_appid, sub_mchid }),
        pre_entrustweb_id,
        // Absent where the shopper is to return to the app: `return_app` Y.
        ...(params.return_app !== 'Y' && { miniprogram_username: 'gh_simulator', miniprogram_path }),
      }
    },
  },
  {
    endpoint: `POST /papay${party}/querycontract`,
    handle: (params, context) => contractFields(requireContract(params, context)),
  },
  {
    endpoint: `POST /papay${party}/deletecontract`,
    rules: CONTRACT_RULES,
    handle(params, context) {
      const { contract_termination_remark: remark = '' } = params
      return contractNumbers(context.contracts.terminate(requireContract(params, context), 'MERCHANT', remark))
    },
  },
  { endpoint: `POST /pay${party}/pappayapply`, rules: DEDUCTION_RULES, handle: deduct },
  {
    endpoint: `POST /pay${party}/paporderquery`,
    rules: { transaction_id: NUMBER, out_trade_no: NUMBER },
    handle: queryOrder,
  },
])

const begin = (params: RouteInput, { contracts, merchant }: SimulatorContext): Contract =>
  contracts.begin({
    api: 'v2',
    mchid: merchant.mchid,
    appid: params.appid!,
    sub_mchid: params.sub_mch_id || undefined,
    sub_appid: params.sub_appid || undefined,
    openid: params.openid || undefined,
    plan_id: params.plan_id!,
    contract_code: params.contract_code!,
    contract_display_account: params.contract_display_account!,
    notify_url: params.notify_url!,
    request_serial: params.request_serial,
  })

/** Finds a contract by WeChat Pay's number, or by the plan and the merchant's number. */
function requireContract(
  { contract_id, plan_id, contract_code, sub_mch_id }: RouteInput,
  { contracts }: SimulatorContext,
): SignedContract {
  const sub_mchid = sub_mch_id || undefined
  if (contract_id) return contracts.requireById(contract_id, sub_mchid)
  if (!plan_id || !contract_code)
    throw new ResultRefusal('PARAM_ERROR', '缺少参数contract_id，或plan_id与contract_code')
  return contracts.requireByNumber({ plan_id, contract_code, sub_mchid })
}

function deduct(params: RouteInput, context: SimulatorContext) {
  const { nonce_str: _nonce, sign: _sign, sign_type: _type, ...parameters } = params
  const order = context.contracts.deduct(requireContract(params, context), {
    api: 'v2',
    sign_type: params.sign_type as SignType | undefined,
    out_trade_no: params.out_trade_no!,
    description: params.body!,
    attach: params.attach,
    notify_url: params.notify_url,
    amount: { total: Number(params.total_fee), currency: params.fee_type || 'CNY' },
    fingerprint: fingerprintOf(parameters),
  })
  return subMerchantFields(order)
}
