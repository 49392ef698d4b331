import { COMPLAINT_USER_ACTIONS, type ComplaintProblem } from '../../accounts/complaints/complaint.ts'
import type { ContractNumber } from '../../accounts/contracts/contract.ts'
import type { ApplymentResult } from '../../accounts/verification/applyments.ts'
import { type Action, get, INTEGER, oneOf, optional, post, requireFound, TEXT } from '../action.ts'
import type { InputFields } from '../input.ts'

const ORDER: InputFields = { out_trade_no: TEXT, sub_mchid: optional(TEXT) }
const SERVICE_ORDER: InputFields = { out_order_no: TEXT, sub_mchid: optional(TEXT) }
const AUDIT: readonly ApplymentResult['applyment_state'][] = [
  'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT',
  'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON',
  'APPLYMENT_STATE_PASSED',
  'APPLYMENT_STATE_REJECTED',
  'APPLYMENT_STATE_FREEZED',
]
const CONTRACT: InputFields = { contract_code: TEXT, plan_id: optional(TEXT), sub_mchid: optional(TEXT) }
const PROBLEMS: readonly ComplaintProblem[] = ['REFUND', 'SERVICE_NOT_WORK', 'OTHERS']
const COMPLAINT: InputFields = {
  ...ORDER,
  complaint_detail: optional(TEXT),
  problem_description: optional(TEXT),
  problem_type: optional(oneOf(...PROBLEMS)),
  apply_refund_amount: optional(INTEGER),
  payer_phone: optional(TEXT),
  has_image: optional({ kind: 'boolean' }),
  need_immediate_service: optional({ kind: 'boolean' }),
}

/** Actions of the user, or of WeChat Pay, on service orders, complaints, contracts and applyments. */
export const agreementActions: readonly Action[] = [
  get('/service-orders', 'Lists the last 100 service orders (支付分订单), the newest first.', sim =>
    sim.serviceOrders(),
  ),
  get('/service-orders/{out_order_no}', 'Shows a service order (支付分订单).', (sim, _, number) =>
    requireFound(sim.serviceOrder(number), 'service order', number),
  ),
  post('/confirm-service-order', SERVICE_ORDER, 'Confirms a service order as the user.', (sim, input) =>
    sim.confirmServiceOrder(input.out_order_no, input.sub_mchid),
  ),
  post('/pay-service-order', SERVICE_ORDER, 'Deducts the amount of a completed service order.', (sim, input) =>
    sim.payServiceOrder(input.out_order_no, input.sub_mchid),
  ),
  get('/complaints', 'Lists the last 100 complaints (投诉单), the newest first.', sim => sim.complaints()),
  get('/complaints/{complaint_id}', 'Shows a complaint (投诉单) with its negotiation.', (sim, _, number) =>
    requireFound(sim.complaint(number), 'complaint', number),
  ),
  post(
    '/complain',
    COMPLAINT,
    'Files a complaint about a paid order as the shopper.',
    (sim, { out_trade_no, sub_mchid, ...text }) => sim.complain({ out_trade_no, sub_mchid }, text),
  ),
  post(
    '/complaint-action',
    { complaint_id: TEXT, action: oneOf(...COMPLAINT_USER_ACTIONS), operate_details: optional(TEXT) },
    "Acts in a complaint as the shopper, or as WeChat Pay's staff.",
    (sim, { complaint_id, action, operate_details }) => sim.actOnComplaint(complaint_id, action, operate_details),
  ),
  get('/contracts', 'Lists the last 100 contracts (委托代扣协议), the newest first.', sim => sim.contracts()),
  get('/contracts/{contract_code}', 'Shows a contract (委托代扣协议).', (sim, _, contract_code) =>
    requireFound(sim.contract({ contract_code }), 'contract', contract_code),
  ),
  post('/sign-contract', CONTRACT, 'Signs a contract as the shopper.', (sim, input) =>
    sim.signContract(input as ContractNumber),
  ),
  post('/terminate-contract', CONTRACT, 'Terminates a contract as the shopper.', (sim, input) =>
    sim.terminateContract(input as ContractNumber),
  ),
  post(
    '/applyment-result',
    {
      business_code: TEXT,
      applyment_state: oneOf(...AUDIT),
      reject_param: optional(TEXT),
      reject_reason: optional(TEXT),
    },
    'Sets the result of the audit of an applyment (商户开户意愿申请单).',
    (sim, { business_code, ...result }) => sim.auditApplyment(business_code, result as ApplymentResult),
  ),
]
