import { ParameterError } from '../parameter-error.ts'
import type { Control } from './control.ts'

/** How a method is called, and what its first parameter is: the kind of a value, or the texts that name an order. */
type Parameters = readonly [call: string, first: 'text' | 'number' | readonly string[]]

/** Methods that the types of TypeScript do not protect in JavaScript, where the control API's objects are often passed instead. */
const METHODS: Readonly<Partial<Record<keyof Control, Parameters>>> = {
  pay: [
    'pay({ out_trade_no }), pay({ prepay_id }) or pay({ combine_out_trade_no })',
    ['out_trade_no', 'prepay_id', 'combine_out_trade_no'],
  ],
  fail: ['fail({ out_trade_no })', ['out_trade_no']],
  cancel: ['cancel({ out_trade_no })', ['out_trade_no']],
  nextReverse: ['nextReverse(recalls)', 'number'],
  order: ['order(out_trade_no)', 'text'],
  combinedOrder: ['combinedOrder(combine_out_trade_no)', 'text'],
  refund: ['refund(out_refund_no)', 'text'],
  refundResult: ["refundResult(out_refund_no, 'SUCCESS')", 'text'],
  transfer: ['transfer(out_bill_no)', 'text'],
  confirmTransfer: ['confirmTransfer(out_bill_no)', 'text'],
  failTransfer: ['failTransfer(out_bill_no, fail_reason)', 'text'],
  serviceOrder: ['serviceOrder(out_order_no)', 'text'],
  confirmServiceOrder: ['confirmServiceOrder(out_order_no)', 'text'],
  payServiceOrder: ['payServiceOrder(out_order_no)', 'text'],
  complain: ['complain({ out_trade_no })', ['out_trade_no']],
  complaint: ['complaint(complaint_id)', 'text'],
  actOnComplaint: ["actOnComplaint(complaint_id, 'USER_RESPONSE')", 'text'],
  signContract: ['signContract({ contract_code })', ['contract_code']],
  terminateContract: ['terminateContract({ contract_code })', ['contract_code']],
  contract: ['contract({ contract_code })', ['contract_code']],
  giveBusinessCoupon: ['giveBusinessCoupon({ stock_id, openid })', ['stock_id']],
  businessCoupon: ['businessCoupon({ coupon_code })', ['coupon_code']],
  businessStock: ['businessStock(stock_id)', 'text'],
  pauseBusinessStock: ['pauseBusinessStock(stock_id)', 'text'],
  reviewApplyment: ['reviewApplyment(number, { applyment_state })', 'text'],
  subApplyment: ['subApplyment(number)', 'text'],
  decideSettlement: ['decideSettlement(application_no)', 'text'],
  withdrawalResult: ["withdrawalResult(out_request_no, 'FAIL')", 'text'],
  confirmAuthorization: ['confirmAuthorization(out_authorization_no)', 'text'],
  closeAuthorization: ['closeAuthorization(out_authorization_no)', 'text'],
  transferAuthorization: ['transferAuthorization(out_authorization_no)', 'text'],
  grantPermission: ['grantPermission(authorization_code)', 'text'],
  revokePermission: ['revokePermission(authorization_code)', 'text'],
  servicePermission: ['servicePermission(authorization_code)', 'text'],
  receiveRedPacket: ['receiveRedPacket(mch_billno)', 'text'],
  redPacket: ['redPacket(mch_billno)', 'text'],
  openPlate: ["openPlate({ plate_number, plate_color: 'BLUE' })", ['plate_number']],
  changePlate: ["changePlate({ plate_number, plate_color: 'BLUE' }, 'pause')", ['plate_number']],
  plate: ["plate({ plate_number, plate_color: 'BLUE' })", ['plate_number']],
  parking: ['parking(out_parking_no)', 'text'],
  advanceParkingFee: ['advanceParkingFee({ out_trade_no })', ['out_trade_no']],
  repayParkingFee: ['repayParkingFee({ out_trade_no })', ['out_trade_no']],
  fillFapiaoTitle: ['fillFapiaoTitle({ fapiao_apply_id }, { type, name })', ['fapiao_apply_id']],
  failFapiao: ['failFapiao({ fapiao_apply_id, fapiao_id })', ['fapiao_apply_id']],
  fapiaoApplication: ['fapiaoApplication({ fapiao_apply_id })', ['fapiao_apply_id']],
  payMedicalOrder: ['payMedicalOrder({ out_trade_no })', ['out_trade_no']],
  failMedicalOrder: ['failMedicalOrder({ out_trade_no })', ['out_trade_no']],
  medicalOrder: ['medicalOrder({ out_trade_no })', ['out_trade_no']],
  authorizePayrollCard: ['authorizePayrollCard({ openid, sub_mchid })', ['openid']],
  deauthorizePayrollCard: ['deauthorizePayrollCard({ openid, sub_mchid })', ['openid']],
  authenticateEmployee: ['authenticateEmployee(authenticate_number)', 'text'],
  withdrawal: ['withdrawal(out_request_no)', 'text'],
  couponStock: ['couponStock(stock_id)', 'text'],
  coupon: ['coupon(coupon_id)', 'text'],
  fund: ["fund(fen, 'OPERATION')", 'number'],
  auditApplyment: ['auditApplyment(business_code, { applyment_state })', 'text'],
}

/**
 * Checks the first parameter of a method of {@link Control}.
 *
 * @throws {TypeError} names the call to make
 */
export function checkParameters(method: string, [value]: readonly unknown[]): void {
  const [call, first] = METHODS[method as keyof Control] ?? []
  if (first === undefined) return
  if (typeof first === 'string') {
    if (typeof value === (first === 'text' ? 'string' : 'number')) return
    throw new ParameterError(
      `simulator.${method} accepts ${first === 'text' ? 'text' : 'a number'} first, not ${kindOf(value)}. Call ${call}.`,
    )
  }
  const names = Object(value) === value ? (value as Readonly<Record<string, unknown>>) : {}
  if (first.some(name => typeof names[name] === 'string')) return
  const given = Object(value) === value ? 'an object without such a text' : kindOf(value)
  throw new ParameterError(`simulator.${method} accepts an object that names the order, not ${given}. Call ${call}.`)
}

const kindOf = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return 'text'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
