import type { Language } from '../settings.ts'
import type { LabelWords } from './diagram-layout.ts'
import type { ShownMachine } from './state-words.ts'

/** Events in Chinese, by the table of states and the event, as short as the label of an arrow must be. */
const EVENT_WORDS_ZH: Readonly<Record<ShownMachine, Readonly<Record<string, string>>>> = {
  orders: { pay: '付款', fail: '付款失败', close: '关单', expire: '超时', reverse: '撤销', refund: '退款' },
  refunds: { succeed: '到账', close: '关闭', 'become-abnormal': '异常', redirect: '发起异常退款' },
  transfers: { confirm: '确认收款', fail: '失败', cancel: '商户撤销', complete: '完成', expire: '超时' },
  serviceOrders: { confirm: '用户确认', complete: '完结', pay: '扣款', cancel: '商户取消', expire: '超时' },
  permissions: { grant: '授权', revoke: '解除授权' },
  contracts: { sign: '签约', terminate: '解约', expire: '到期' },
  complaints: {
    respond: '用户留言',
    'call-staff': '申请平台协助',
    'complain-again': '继续投诉',
    answer: '商户回复',
    'approve-refund': '同意退款',
    'reject-refund': '拒绝退款',
    complete: '处理完成',
    refund: '退款到账',
  },
  couponStocks: { start: '激活', pause: '暂停', restart: '重启', stop: '停止', end: '到期' },
  coupons: { use: '使用', expire: '过期' },
  businessStocks: { pause: '暂停', continue: '继续', end: '到期' },
  businessCoupons: { use: '核销', deactivate: '作废', expire: '过期', return: '退券' },
  authorizations: { confirm: '用户确认', expire: '超时', close: '解除' },
  withdrawals: { succeed: '到账', fail: '失败', close: '关单', bounce: '银行退票' },
  applyments: {
    'check-account': '要求验证',
    pass: '审核通过',
    reject: '驳回',
    return: '退回编辑',
    cancel: '作废',
    verify: '完成验证',
    sign: '签约',
    finish: '完成',
    submit: '提交',
  },
  ecommerceApplyments: {
    'check-account': '要求验证',
    check: '校验通过',
    reject: '驳回',
    freeze: '冻结',
    revoke: '撤销',
    verify: '完成验证',
    pass: '审核通过',
    sign: '签约',
    submit: '提交',
  },
  settlementChanges: { pass: '审核通过', fail: '驳回' },
  payrollRelations: { authorize: '授权', deauthorize: '取消授权' },
  payrollAuthentications: { succeed: '通过', fail: '未通过', expire: '超时' },
  parkings: { block: '停用', unblock: '恢复' },
  fapiaos: {
    issue: '开具',
    'fail-issue': '开具失败',
    reverse: '冲红',
    'finish-reversal': '冲红完成',
    'fail-reversal': '冲红失败',
  },
  medicalOrders: { pay: '付款', fail: '付款失败', refund: '退款' },
  redPackets: { receive: '领取', expire: '超时', return: '退回' },
}

/** Returns the words for the events of a table of states. An event that has none is shown as it is called. */
export const eventWordsOf = (machine: ShownMachine, language: Language): LabelWords =>
  language === 'zh'
    ? { wordOf: event => EVENT_WORDS_ZH[machine][event] ?? event, separator: '、' }
    : { wordOf: event => event.replaceAll('-', ' '), separator: ', ' }
