import { DAY, HOUR, SECOND } from '../../../src/core/base/time.ts'
import type { SignedContract } from '../../../src/simulator/accounts/contracts/contract.ts'
import { type Order, orderKey, payeeOf } from '../../../src/simulator/accounts/orders/order.ts'
import { refundKey } from '../../../src/simulator/accounts/refunds/refund.ts'
import { Rejection } from '../../../src/simulator/accounts/rejection.ts'
import { serviceOrderKey } from '../../../src/simulator/accounts/service-orders/service-orders.ts'
import { createTestAccounts, draft, START, type TestAccounts } from '../accounts/account-records.ts'

/** The merchant, which is the platform of its sub-merchant; and one that receives shares. */
export const MERCHANT = '1'
export const RECEIVER = '2'
export const SUB_MERCHANT = '3'
export const OWNERS: readonly string[] = [MERCHANT, RECEIVER, SUB_MERCHANT]

const URL = 'https://example.com'
const PLATE = { plate_number: '粤B888888', plate_color: 'BLUE' }
const COUPON_AMOUNT = 30
const OPENING = 5_000
const MEDICAL_FEES = { med_ins_gov_fee: 500, med_ins_self_fee: 300, med_ins_other_fee: 200 }

/** Every fourth record of a kind is the sub-merchant's. */
const subOf = (n: number) => (n % 4 === 0 ? { sub_mchid: SUB_MERCHANT } : {})

/** Actions of a merchant and its shoppers, each with a number to choose by and an amount. */
const DEEDS = {
  pay(of, n, amount) {
    const order = draft(`o${n}`, amount, { profit_sharing: n % 3 !== 0, ...subOf(n) })
    of.orders.place(order)
    of.orders.pay(orderKey(order))
  },
  micropay(of, n, amount) {
    of.micropay.pay(draft(`m${n}`, amount, { trade_type: 'MICROPAY' }), `13${String(n).padStart(16, '0')}`)
  },
  reverse(of, n, amount) {
    const order = chooseOrder(of, n, amount)
    if (order) of.orders.reverse(orderKey(order))
  },
  /** Pays a combined order: one part is the merchant's own, the other a sub-merchant's that is shared. */
  combine(of, n, amount) {
    const combine_out_trade_no = `c${n}`
    const common = { combine_out_trade_no, trade_type: 'JSAPI' as const }
    of.combinedOrders.place({
      combine_out_trade_no,
      combine_appid: 'wx',
      combine_mchid: MERCHANT,
      trade_type: 'JSAPI',
      payer: {},
      fingerprint: '1',
      sub_orders: [
        draft(`x${n}`, amount, common),
        draft(`y${n}`, amount, { ...common, sub_mchid: SUB_MERCHANT, profit_sharing: n % 2 === 0 }),
      ],
    })
    of.combinedOrders.pay(combine_out_trade_no)
  },
  serve: (of, n, amount) =>
    void of.serviceOrders.create({
      ...subOf(n),
      out_order_no: `v${n}`,
      mchid: MERCHANT,
      appid: 'wx',
      service_id: '1',
      service_introduction: '充电宝',
      risk_fund: { name: 'ESTIMATE_ORDER_COST', amount },
      notify_url: URL,
      repeated: {},
      isConfirmed: true,
      fingerprint: '1',
    }),
  completeService: (of, n, amount) =>
    void of.serviceOrders.complete(serviceKey(n), { ...feesOf(amount), profit_sharing: amount % 2 === 0 }),
  lowerService: (of, n, amount) => void of.serviceOrders.modify(serviceKey(n), feesOf(amount)),
  chargeService: (of, n) => void of.serviceOrders.pay(serviceKey(n)),
  syncService: (of, n) => void of.serviceOrders.sync(serviceKey(n)),
  sign(of, n) {
    const name = { ...subOf(n), plan_id: '1', contract_code: `a${n}` }
    of.contracts.begin({
      ...name,
      api: 'v3',
      mchid: MERCHANT,
      appid: 'wx',
      contract_display_account: 'a',
      notify_url: URL,
    })
    of.contracts.sign(name)
  },
  async deduct(of, n, amount) {
    const contract = of.contracts.findByNumber({ ...subOf(n), plan_id: '1', contract_code: `a${n}` })
    if (contract?.state !== 'SIGNED') return
    of.contracts.deduct(contract as SignedContract, {
      api: 'v3',
      out_trade_no: `p${n}-${amount}`,
      description: 'd',
      notify_url: URL,
      amount: { total: amount, currency: 'CNY' },
      fingerprint: '1',
    })
    if (amount % 2) await of.scheduler.advance(2 * SECOND)
  },
  enter(of, n) {
    if (of.parkings.plates.find(PLATE)?.state !== 'NORMAL') of.parkings.openPlate(PLATE, 'oA')
    of.parkings.enter({
      ...PLATE,
      ...subOf(n),
      out_parking_no: `e${n}`,
      mchid: MERCHANT,
      notify_url: URL,
      start_time: '2026-03-01T10:00:00+08:00',
      parking_name: '停车场',
      free_duration: 0,
      fingerprint: '1',
    })
  },
  leave(of, n, amount) {
    const parking = of.parkings.findByNumber(`e${n}`, subOf(n).sub_mchid)
    const order = of.parkings.deduct({
      ...subOf(n),
      appid: 'wx',
      mchid: MERCHANT,
      out_trade_no: `f${n}-${amount}`,
      description: 'd',
      amount: { total: amount, currency: 'CNY' },
      parking: {
        ...PLATE,
        parking_id: parking?.id ?? '',
        start_time: '2026-03-01T10:00:00+08:00',
        end_time: '2026-03-01T12:00:00+08:00',
        parking_name: '停车场',
        charging_duration: 3600,
        device_id: '1',
      },
      fingerprint: '1',
    })
    if (amount % 2) of.parkings.advanceFee(order)
  },
  repay(of, n, amount) {
    const order = chooseOrder(of, n, amount)
    if (order) of.parkings.repayFee(order)
  },
  /** Pays an order by medical insurance, whose cash part is an order like any other. */
  insure(of, n, amount) {
    const order = of.orders.place(draft(`i${n}`, amount, { ...subOf(n), trade_type: 'JSAPI' }))
    of.medicalOrders.place({
      ...MEDICAL_FEES,
      ...subOf(n),
      mix_pay_type: 'CASH_AND_INSURANCE',
      out_trade_no: order.out_trade_no,
      prepay_id: order.prepay_id,
      pay_order_id: 'O',
      pay_auth_no: 'A',
      geo_location: 'G',
      med_ins_order_create_time: 'T',
      wechat_pay_cash_fee: amount,
      med_ins_cash_fee: amount,
      total_fee: 1000 + amount,
      callback_url: URL,
    })
    of.medicalOrders.pay(order)
  },
  refuseInsurance: (of, n) => void of.medicalOrders.fail({ ...subOf(n), out_trade_no: `i${n}` }),
  stock(of, n) {
    const max_coupons = 5
    const { stock_id } = of.coupons.stocks.create({
      mchid: MERCHANT,
      appid: 'wx',
      out_request_no: `k${n}`,
      stock_name: '券',
      description: '',
      beginsAt: START,
      endsAt: START + 3 * DAY,
      no_cash: n % 2 === 0,
      sendRule: {
        max_coupons,
        max_amount: max_coupons * COUPON_AMOUNT,
        max_coupons_per_user: max_coupons,
        natural_person_limit: false,
        prevent_api_abuse: false,
      },
      useRule: {
        fixed_normal_coupon: { coupon_amount: COUPON_AMOUNT, transaction_minimum: 1 },
        available_merchants: [MERCHANT, SUB_MERCHANT],
      },
      fingerprint: '1',
    })
    of.coupons.stocks.start(stock_id)
  },
  /** Sends a coupon of a stock, and pays an order with it. */
  payWithCoupon(of, n, amount) {
    const stocks = [...of.coupons.stocks.all()]
    const stock = stocks[n % stocks.length]
    if (!stock) return
    const number = `k${n}-${amount}`
    const { stock_id } = stock
    const sent = { stock_id, openid: 'a', sender: MERCHANT, out_request_no: number, fingerprint: '1' }
    const { coupon_id } = of.coupons.send(sent)
    const order = of.orders.place(draft(number, amount, { ...subOf(n), profit_sharing: amount % 2 === 0 }))
    of.coupons.payOrder(order, coupon_id)
  },
  stopStock(of, n) {
    const stocks = [...of.coupons.stocks.all()]
    if (stocks.length > 0) of.coupons.stocks.stop(stocks[n % stocks.length]!.stock_id)
  },
  packet: (of, n, amount) =>
    void of.redPackets.send({
      mch_billno: `h${n}`,
      mch_id: MERCHANT,
      wxappid: 'wx',
      re_openid: 'o',
      total_amount: amount,
      wishing: 'w',
      act_name: 'a',
      remark: 'r',
      fingerprint: String(amount),
    }),
  receive: (of, n) => void of.redPackets.receive(`h${n}`),
  refund: (of, n, amount) => refund(of, n, amount, {}),
  /** The platform pays the refund in place of its sub-merchant, which is asked to return it. */
  advanceRefund(of, n, amount) {
    refund(of, n, amount, { advancer: MERCHANT })
    const advanced = [...of.refunds.all()].filter(({ advancer }) => advancer !== undefined)
    const { refund_id = '', sub_mchid = '' } = advanced[n % advanced.length] ?? {}
    of.advanceReturns.request(refund_id, sub_mchid)
  },
  settle(of, n, amount) {
    const open = [...of.refunds.all()].filter(({ status }) => status === 'PROCESSING')
    const refund = open[n % open.length]
    if (refund) of.refunds.settle(refundKey(refund), (['SUCCESS', 'CLOSED', 'ABNORMAL'] as const)[amount % 3]!)
  },
  share(of, n, amount) {
    const order = chooseOrder(of, n, amount)
    if (!order?.transaction_id) return
    const { transaction_id, sub_mchid } = order
    of.profitSharing.orders.share({
      transaction_id,
      sub_mchid,
      out_order_no: `s${n}-${amount}`,
      unfreeze_unsplit: amount % 2 === 0,
      receivers: [{ type: 'MERCHANT_ID', account: amount % 3 ? RECEIVER : payeeOf(order), amount, description: 'd' }],
    })
  },
  unfreeze(of, n, amount) {
    const order = chooseOrder(of, n, amount)
    if (!order?.transaction_id) return
    const { transaction_id, sub_mchid } = order
    of.profitSharing.orders.unfreeze({ transaction_id, sub_mchid, out_order_no: `u${n}-${amount}`, description: 'd' })
  },
  return(of, n, amount) {
    const sharings = [...of.profitSharing.orders.all()]
    const sharing = sharings[n % sharings.length]
    if (!sharing) return
    const { out_order_no } = sharing
    const out_return_no = `b${n}-${amount}`
    of.profitSharing.returns.apply({ out_order_no, out_return_no, return_mchid: RECEIVER, amount, description: 'd' })
  },
  subsidize(of, n, amount) {
    const order = chooseOrder(of, n, amount)
    if (!order?.transaction_id) return
    const { transaction_id, sub_mchid = '' } = order
    const out_subsidy_no = `w${n}-${amount}`
    of.subsidies.create({
      sp_mchid: MERCHANT,
      sub_mchid,
      transaction_id,
      amount: Math.ceil(amount / 2),
      description: 'd',
      out_subsidy_no,
    })
  },
  returnSubsidy(of, n, amount) {
    const subsidies = [...of.subsidies.all()]
    const subsidy = subsidies[n % subsidies.length]
    if (!subsidy) return
    const { sub_mchid, transaction_id } = subsidy
    const { refund_id } = [...of.refunds.all()].find(one => one.transaction_id === transaction_id) ?? { refund_id: '' }
    of.subsidies.giveBack({
      sub_mchid,
      transaction_id,
      refund_id,
      out_order_no: `q${n}-${amount}`,
      amount,
      description: 'd',
    })
  },
  withdraw: (of, n, amount) =>
    void of.withdrawals.apply({
      out_request_no: `d${n}-${amount}`,
      mchid: OWNERS[n % OWNERS.length]!,
      sp_mchid: MERCHANT,
      account_type: n % 2 ? 'BASIC' : 'OPERATION',
      amount,
      fingerprint: '1',
    }),
  settleWithdrawal(of, n, amount) {
    const withdrawals = [...of.withdrawals.all()]
    const withdrawal = withdrawals[n % withdrawals.length]
    const status = (['SUCCESS', 'FAIL', 'CLOSE', 'REFUND'] as const)[amount % 4]!
    if (withdrawal) of.withdrawals.settle(withdrawal, status)
  },
  transfer: (of, n, transfer_amount) =>
    void of.transfers[n % 2 ? 'place' : 'placeConfirmed']({
      out_bill_no: `t${n}`,
      appid: 'wx',
      mchid: MERCHANT,
      openid: 'o',
      transfer_amount,
      transfer_remark: 'd',
      fingerprint: String(transfer_amount),
    }),
  confirm: (of, n) => void of.transfers.confirm(`t${n}`),
  cancel: (of, n) => void of.transfers.cancel(`t${n}`),
  failTransfer: (of, n) => void of.transfers.fail(`t${n}`, 'OTHER_FAIL_REASON_TYPE'),
  batch: (of, n, amount) =>
    void of.transferBatches.place({
      out_batch_no: `z${n}`,
      appid: 'wx',
      mchid: MERCHANT,
      batch_name: 'n',
      batch_remark: 'r',
      fingerprint: '1',
      details: [1, 2].map(detail => ({
        out_detail_no: `d${detail}`,
        openid: 'o',
        transfer_amount: amount,
        transfer_remark: 'd',
      })),
    }),
  payEnterprise: (of, n, amount) =>
    void of.enterprisePayments.pay({
      partner_trade_no: `g${n}`,
      mch_appid: 'wx',
      mchid: MERCHANT,
      openid: 'o',
      amount,
      desc: 'd',
      fingerprint: String(amount),
    }),
  fund: (of, n, amount) => of.funds.deposit(MERCHANT, n % 2 ? 'OPERATION' : 'BASIC', n % 3 ? amount : -amount),
  wait: (of, n) => of.scheduler.advance(n * HOUR),
} as const satisfies Record<string, (of: TestAccounts, n: number, amount: number) => void | Promise<void>>

const serviceKey = (n: number): string => serviceOrderKey({ ...subOf(n), out_order_no: `v${n}` })
const feesOf = (amount: number) => ({ total_amount: amount, post_payments: [{ name: '费用', amount }] })

/** Chooses an order of any kind, the last one for every other number. */
function chooseOrder(of: TestAccounts, n: number, amount: number): Order | undefined {
  const orders = [...of.orders.all()]
  return n % 2 ? orders[(n + amount) % orders.length] : orders.at(-1)
}

function refund(of: TestAccounts, n: number, amount: number, more: { advancer?: string }): void {
  const order = chooseOrder(of, n, amount)
  if (!order || (more.advancer && !order.sub_mchid)) return
  const { out_trade_no, transaction_id, sub_mchid } = order
  of.refunds.apply({
    ...more,
    api: 'v3',
    out_refund_no: `r${n}-${amount}`,
    ...(amount % 2 ? { out_trade_no } : { transaction_id: transaction_id ?? '' }),
    sub_mchid,
    total: order.amount.total,
    refund: n < 3 ? order.amount.total : amount,
    source: amount % 2 ? 'UNSETTLED' : 'AVAILABLE',
  })
}

export type DeedName = keyof typeof DEEDS
export type Deed = readonly [name: DeedName, n: number, amount: number]
export const DEED_NAMES = Object.keys(DEEDS) as DeedName[]

/** The accounts after some deeds. */
export interface Lived {
  readonly accounts: TestAccounts
  /** Names of the deeds that changed something, and those that were refused with the reason. */
  readonly outcomes: ReadonlySet<string>
}

/** Does what can be done; what is refused is refused for a reason. */
export async function live(history: readonly Deed[]): Promise<Lived> {
  const accounts = createTestAccounts()
  const outcomes = new Set<string>()
  for (const mchid of [MERCHANT, SUB_MERCHANT])
    accounts.profitSharing.receivers.add(mchid, { type: 'MERCHANT_ID', account: RECEIVER })
  accounts.funds.deposit(MERCHANT, 'OPERATION', OPENING)
  for (const [name, n, amount] of history)
    try {
      const before = accounts.state.changes
      await DEEDS[name](accounts, n, amount)
      if (accounts.state.changes > before) outcomes.add(name)
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      outcomes.add(`${name} ${error.reason}`)
    }
  return { accounts, outcomes }
}
