import type {
  MedicalOrder,
  MedicalOrderFields,
  MedicalRefund,
} from '../../../accounts/medical-insurance/medical-order.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication } from '../../request/merchant.ts'
import { medicalOrderBody } from '../../resources/medical-order.ts'
import type { Route, RouteResult } from '../../route.ts'

const ROOT = '/v3/med-ins'
const FEE = { minimum: 0 }
const RULES: Rules = {
  out_trade_no: { maxLength: 64 },
  // Documented: the unknown type is refused.
  mix_pay_type: { enum: ['CASH_ONLY', 'INSURANCE_ONLY', 'CASH_AND_INSURANCE'] },
  callback_url: { pattern: /^https?:\/\/[^\s?]{1,250}$/ },
  total_fee: FEE,
  med_ins_gov_fee: FEE,
  med_ins_self_fee: FEE,
  med_ins_other_fee: FEE,
  med_ins_cash_fee: FEE,
  wechat_pay_cash_fee: FEE,
  'cash_add_detail.cash_add_fee': FEE,
  'cash_reduce_detail.cash_reduce_fee': FEE,
}
const REFUND_RULES: Rules = {
  med_refund_total_fee: FEE,
  med_refund_gov_fee: FEE,
  med_refund_self_fee: FEE,
  med_refund_other_fee: FEE,
  out_refund_no: { maxLength: 64 },
}

/** 医保支付. */
export const medicalInsuranceRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}/orders`,
    rules: RULES,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      // Names and numbers of persons are checked by the insurance, and not kept.
      const { payer: _payer, relative, ...fields } = body
      if (fields.pay_for_relatives === true && relative === undefined)
        throw paramError('参数错误，亲属信息为空', {
          field: '/relative',
          issue: 'relative is required with pay_for_relatives',
          location: 'body',
        })
      return orderResult(context.medicalOrders.place(fields as unknown as MedicalOrderFields))
    },
  },
  {
    endpoint: `GET ${ROOT}/orders/mix-trade-no/{mix_trade_no}`,
    handle: ({ path, query }, { medicalOrders }) =>
      orderResult(requireOwn(medicalOrders.findByMixTradeNo(path.mix_trade_no!), query.sub_mchid)),
  },
  {
    endpoint: `GET ${ROOT}/orders/out-trade-no/{out_trade_no}`,
    handle({ path, query }, { medicalOrders }) {
      const { sub_mchid } = query
      return orderResult(requireOwn(medicalOrders.find({ out_trade_no: path.out_trade_no!, sub_mchid }), sub_mchid))
    },
  },
  {
    endpoint: `POST ${ROOT}/refunds/notify`,
    rules: REFUND_RULES,
    handle({ query, body }, { medicalOrders }) {
      const { sub_mchid, ...refund } = body
      const order = requireOwn(medicalOrders.findByMixTradeNo(query.mix_trade_no!), sub_mchid)
      medicalOrders.refundInsurance(order, refund as unknown as MedicalRefund)
      return { status: 204 }
    },
  },
]

function requireOwn(order: MedicalOrder | undefined, sub_mchid: unknown): MedicalOrder {
  if (!order || order.fields.sub_mchid !== sub_mchid) throw new Rejection('MEDICAL_ORDER_UNKNOWN')
  return order
}

const orderResult = (order: MedicalOrder): RouteResult => ({ status: 200, body: medicalOrderBody(order) })
