import type { StateMachines } from '../../simulator/control/actions/state-actions.ts'
import type { Language } from '../settings.ts'

/** A state in the words of each language. The Chinese ones are WeChat Pay's own, where it has some. */
type StateWords = Readonly<Record<Language, string>>

/** Tables of states that records show; the others belong to parts of records. */
export type ShownMachine = Exclude<keyof StateMachines, 'plates' | 'fapiaoCards' | 'medicalOrderParts'>

/** States in words, by the table and the code of the state. */
export const STATE_WORDS: Readonly<Record<ShownMachine, Readonly<Record<string, StateWords>>>> = {
  orders: {
    NOTPAY: { en: 'Not paid', zh: '未支付' },
    USERPAYING: { en: 'The shopper is paying', zh: '用户支付中' },
    ACCEPT: { en: 'Deduction accepted', zh: '已接收' },
    SUCCESS: { en: 'Paid', zh: '支付成功' },
    REFUND: { en: 'Being refunded, or refunded', zh: '转入退款' },
    CLOSED: { en: 'Closed', zh: '已关闭' },
    REVOKED: { en: 'Reversed', zh: '已撤销' },
    PAYERROR: { en: 'Payment failed', zh: '支付失败' },
  },
  refunds: {
    PROCESSING: { en: 'In process', zh: '退款处理中' },
    SUCCESS: { en: 'Refunded', zh: '退款成功' },
    CLOSED: { en: 'Closed', zh: '退款关闭' },
    ABNORMAL: { en: 'Abnormal', zh: '退款异常' },
  },
  transfers: {
    WAIT_USER_CONFIRM: { en: 'Waits for the receiver', zh: '待收款用户确认' },
    TRANSFERING: { en: 'Result not known yet', zh: '转账结果尚未明确' },
    SUCCESS: { en: 'Transferred', zh: '转账成功' },
    FAIL: { en: 'Failed', zh: '转账失败' },
    CANCELING: { en: 'Being canceled', zh: '商户撤销请求受理成功' },
    CANCELLED: { en: 'Canceled', zh: '转账撤销完成' },
  },
  serviceOrders: {
    CREATED: { en: 'Created by the merchant', zh: '商户已创建服务订单' },
    DOING: { en: 'In progress', zh: '服务订单进行中' },
    DONE: { en: 'Done', zh: '服务订单完成' },
    REVOKED: { en: 'Canceled by the merchant', zh: '商户取消服务订单' },
    EXPIRED: { en: 'Expired', zh: '服务订单已失效' },
  },
  permissions: {
    UNAVAILABLE: { en: 'Not granted', zh: '用户未授权服务' },
    AVAILABLE: { en: 'Granted', zh: '用户已授权服务' },
    UNBINDUSER: { en: 'Revoked', zh: '未绑定用户' },
  },
  contracts: {
    SIGNING: { en: 'Not signed yet', zh: '签约中' },
    SIGNED: { en: 'Signed', zh: '已签约' },
    TERMINATED: { en: 'Terminated', zh: '已解约' },
  },
  complaints: {
    PENDING: { en: 'Waits for the merchant', zh: '待处理' },
    PROCESSING: { en: 'In process', zh: '处理中' },
    PROCESSED: { en: 'Processed', zh: '已处理完成' },
  },
  couponStocks: {
    unactivated: { en: 'Not activated', zh: '未激活' },
    running: { en: 'Running', zh: '运行中' },
    paused: { en: 'Paused', zh: '暂停发放' },
    stoped: { en: 'Stopped', zh: '已停止' },
  },
  coupons: {
    SENDED: { en: 'Can be used', zh: '可用' },
    USED: { en: 'Used', zh: '已实扣' },
    EXPIRED: { en: 'Expired', zh: '已过期' },
  },
  businessStocks: {
    RUNNING: { en: 'Running', zh: '运行中' },
    PAUSED: { en: 'Paused', zh: '暂停发放' },
    STOPED: { en: 'Stopped', zh: '已停止' },
  },
  businessCoupons: {
    SENDED: { en: 'Can be used', zh: '可用' },
    USED: { en: 'Used', zh: '已核销' },
    EXPIRED: { en: 'Expired', zh: '已过期' },
    DEACTIVATED: { en: 'Deactivated', zh: '已失效' },
  },
  authorizations: {
    WAIT_USER_CONFIRM: { en: 'Waits for the shopper', zh: '待收款用户确认' },
    TAKING_EFFECT: { en: 'In effect', zh: '用户已确认授权' },
    CLOSED: { en: 'Closed', zh: '用户或商户系统关闭' },
  },
  withdrawals: {
    CREATE_SUCCESS: { en: 'Accepted', zh: '受理成功' },
    SUCCESS: { en: 'Withdrawn', zh: '提现成功' },
    FAIL: { en: 'Failed', zh: '提现失败' },
    REFUND: { en: 'Returned by the bank', zh: '提现退票' },
    CLOSE: { en: 'Closed', zh: '关单' },
  },
  applyments: {
    APPLYMENT_STATE_EDITTING: { en: 'Being edited', zh: '编辑中' },
    APPLYMENT_STATE_AUDITING: { en: 'Being audited', zh: '审核中' },
    APPLYMENT_STATE_REJECTED: { en: 'Rejected', zh: '已驳回' },
    APPLYMENT_STATE_TO_BE_CONFIRMED: { en: 'Account to be verified', zh: '待账户验证' },
    APPLYMENT_STATE_TO_BE_SIGNED: { en: 'To be signed', zh: '待签约' },
    APPLYMENT_STATE_SIGNING: { en: 'Permissions being opened', zh: '开通权限中' },
    APPLYMENT_STATE_FINISHED: { en: 'Finished', zh: '已完成' },
    APPLYMENT_STATE_CANCELED: { en: 'Canceled', zh: '已作废' },
  },
  ecommerceApplyments: {
    CHECKING: { en: 'Being checked', zh: '资料校验中' },
    ACCOUNT_NEED_VERIFY: { en: 'Account to be verified', zh: '待账户验证' },
    AUDITING: { en: 'Being audited', zh: '审核中' },
    REJECTED: { en: 'Rejected', zh: '已驳回' },
    NEED_SIGN: { en: 'To be signed', zh: '待签约' },
    FINISH: { en: 'Finished', zh: '完成' },
    FROZEN: { en: 'Frozen', zh: '已冻结' },
    CANCELED: { en: 'Canceled', zh: '已作废' },
  },
  settlementChanges: {
    AUDITING: { en: 'Being audited', zh: '审核中' },
    AUDIT_SUCCESS: { en: 'Passed', zh: '审核成功' },
    AUDIT_FAIL: { en: 'Refused', zh: '审核驳回' },
  },
  payrollRelations: {
    UNAUTHORIZED: { en: 'Not authorized', zh: '未授权' },
    AUTHORIZED: { en: 'Authorized', zh: '已授权' },
    DEAUTHORIZED: { en: 'Withdrawn', zh: '已取消授权' },
  },
  payrollAuthentications: {
    AUTHENTICATE_PROCESSING: { en: 'In process', zh: '核身中' },
    AUTHENTICATE_SUCCESS: { en: 'Passed', zh: '核身成功' },
    AUTHENTICATE_FAILED: { en: 'Failed', zh: '核身失败' },
  },
  parkings: {
    NORMAL: { en: 'The fee can be deducted', zh: '正常状态' },
    BLOCKED: { en: 'The fee cannot be deducted', zh: '不可用状态' },
  },
  fapiaos: {
    ISSUE_ACCEPTED: { en: 'Being issued', zh: '开票申请已受理' },
    ISSUED: { en: 'Issued', zh: '发票已开具' },
    ISSUE_FAILED: { en: 'Not issued', zh: '发票开具已失败' },
    REVERSE_ACCEPTED: { en: 'Being reversed', zh: '冲红申请已受理' },
    REVERSED: { en: 'Reversed', zh: '发票已冲红' },
    REVERSE_FAILED: { en: 'Not reversed', zh: '发票冲红已失败' },
  },
  medicalOrders: {
    MIX_PAY_CREATED: { en: 'Not paid', zh: '等待支付' },
    MIX_PAY_SUCCESS: { en: 'Paid', zh: '支付成功' },
    MIX_PAY_REFUND: { en: 'Refunded', zh: '自费和医保均已退款' },
    MIX_PAY_FAIL: { en: 'Payment failed', zh: '支付失败' },
  },
  redPackets: {
    SENT: { en: 'Sent, not opened', zh: '已发放待领取' },
    RECEIVED: { en: 'Opened', zh: '已领取' },
    RFUND_ING: { en: 'Being returned', zh: '退款中' },
    REFUND: { en: 'Returned', zh: '已退款' },
  },
}

/** Returns a state in words; undefined for one that has none. */
export const stateWordsOf = (machine: ShownMachine, state: string, language: Language): string | undefined =>
  STATE_WORDS[machine][state]?.[language]
