import { type Contract, type SignedContract, signingPageOf } from '../../../accounts/contracts/contract.ts'
import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { requireApplication, requireMerchant } from '../../request/merchant.ts'
import { ORDER_RULES } from '../../request/prepay-rules.ts'
import { contractBody } from '../../resources/contract.ts'
import type { Fields, Route } from '../../route.ts'

/** A kind of caller, which has its own paths and parameter names: a merchant, or a service provider (服务商). */
interface Party {
  readonly path: '' | '/partner'
  readonly appid: 'appid' | 'sp_appid'
}

const PARTIES: readonly Party[] = [
  { path: '', appid: 'appid' },
  { path: '/partner', appid: 'sp_appid' },
]

/** Where the shopper signs, and what the merchant opens for that. */
const SCENES: Readonly<Record<'app' | 'h5' | 'jsapi' | 'mini-program', (contract: Contract) => object>> = {
  app: ({ pre_entrustweb_id }) => ({
    pre_entrustweb_id,
    miniprogram_username: 'gh_simulator',
    miniprogram_path: `pages/index?pre_entrustweb_id=${pre_entrustweb_id}`,
  }),
  h5: contract => ({ redirect_url: signingPageOf(contract) }),
  jsapi: contract => ({ redirect_url: signingPageOf(contract) }),
  'mini-program': ({ pre_entrustweb_id }) => ({
    pre_entrustweb_id,
    redirect_appid: 'wxbd687630cd02ce1d',
    redirect_path: `pages/index/index?pre_entrustweb_id=${pre_entrustweb_id}`,
  }),
}

const SIGN_RULES: Rules = {
  out_contract_code: { pattern: /^[\dA-Za-z]{1,32}$/ },
  contract_notify_url: { pattern: /^https?:\/\// },
  'deduct_schedule.estimated_deduct_amount.total': { minimum: 1 },
}
const DEDUCTION_RULES: Rules = { ...ORDER_RULES, transaction_notify_url: { pattern: /^https?:\/\/\S{1,250}$/ } }

/** 委托代扣. */
export const papayRoutes: readonly Route[] = [
  ...PARTIES.flatMap(({ path: party, appid }): Route[] => [
    ...Object.entries(SCENES).map(
      ([scene, bodyOf]): Route => ({
        endpoint: `POST /v3/papay/scheduled-deduct-sign${party}/contracts/pre-entrust-sign/${scene}`,
        rules: SIGN_RULES,
        handle({ body }, context) {
          requireApplication(body[appid], context)
          return { status: 200, body: bodyOf(begin(body, context)) }
        },
      }),
    ),
    {
      endpoint: `GET /v3/papay/sign${party}/contracts/plan-id/{plan_id}/out-contract-code/{out_contract_code}`,
      handle: ({ path, query }, context) => ({
        status: 200,
        body: contractBody(requireByCode(path, query.sub_mchid, context)),
      }),
    },
    {
      endpoint: `POST /v3/papay/sign${party}/contracts/plan-id/{plan_id}/out-contract-code/{out_contract_code}/terminate`,
      rules: { contract_termination_remark: { maxLength: 256 } },
      handle({ path, body }, context) {
        const contract = requireByCode(path, body.sub_mchid, context)
        const remark = String(body.contract_termination_remark)
        return { status: 200, body: contractBody(context.contracts.terminate(contract, 'MERCHANT', remark)) }
      },
    },
    {
      endpoint: `POST /v3/papay/pay${party}/transactions/apply`,
      rules: DEDUCTION_RULES,
      handle({ body }, context) {
        requireApplication(body[appid], context)
        const { contract_id, sub_mchid, out_trade_no, amount, ...rest } = body as unknown as DeductionBody
        const contract = context.contracts.requireById(contract_id, sub_mchid)
        const { total, currency = 'CNY' } = amount
        context.contracts.deduct(contract, {
          api: 'v3',
          out_trade_no,
          description: rest.description,
          attach: rest.attach,
          notify_url: rest.transaction_notify_url,
          amount: { total, currency },
          fingerprint: fingerprintOf(['PAP', body]),
        })
        return { status: 200, body: { out_trade_no, amount: { total, currency } } }
      },
    },
  ]),
  {
    endpoint: 'POST /v3/papay/contracts/{contract_id}/notify',
    rules: { 'estimated_amount.amount': { minimum: 1 } },
    handle({ path, body }, context) {
      requireMerchant(body.mchid, 'body', context)
      requireApplication(body.appid, context)
      const { estimated_amount, deduct_duration } = body as unknown as NoticeBody
      const contract = context.contracts.requireById(path.contract_id!, undefined)
      context.contracts.announce(contract, { amount: estimated_amount.amount, days: deduct_duration?.count })
      return { status: 204 }
    },
  },
]

interface DeductionBody {
  readonly contract_id: string
  readonly sub_mchid?: string
  readonly out_trade_no: string
  readonly description: string
  readonly attach?: string
  readonly transaction_notify_url: string
  readonly amount: { readonly total: number; readonly currency?: string }
}

interface NoticeBody {
  readonly estimated_amount: { readonly amount: number }
  readonly deduct_duration?: { readonly count: number }
}

interface SignBody {
  readonly openid?: string
  readonly sp_openid?: string
  readonly sub_mchid?: string
  readonly sub_appid?: string
  readonly sub_openid?: string
  readonly plan_id: number
  readonly out_contract_code: string
  readonly contract_display_account: string
  readonly contract_notify_url: string
  readonly out_user_code?: string
  readonly deduct_schedule?: Readonly<Record<string, unknown>>
}

function begin(fields: Fields, { contracts, merchant: { mchid, appid } }: SimulatorContext): Contract {
  const body = fields as unknown as SignBody
  return contracts.begin({
    api: 'v3',
    mchid,
    appid,
    sub_mchid: body.sub_mchid,
    sub_appid: body.sub_appid,
    openid: body.openid ?? body.sp_openid,
    sub_openid: body.sub_openid,
    plan_id: String(body.plan_id),
    contract_code: body.out_contract_code,
    contract_display_account: body.contract_display_account,
    notify_url: body.contract_notify_url,
    out_user_code: body.out_user_code,
    deduct_schedule: body.deduct_schedule,
  })
}

const requireByCode = (
  { plan_id, out_contract_code }: Readonly<Record<string, string>>,
  sub_mchid: unknown,
  { contracts }: SimulatorContext,
): SignedContract =>
  contracts.requireByNumber({
    plan_id: plan_id!,
    contract_code: out_contract_code!,
    sub_mchid: sub_mchid as string | undefined,
  })
