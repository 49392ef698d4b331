import { language } from '../settings.ts'
import { useStore } from '../store.ts'

const en = {
  title: 'WeChat Pay (simulated)',
  simulated: 'Simulated: no money moves.',
  loading: 'Loading…',
  noServer: 'The simulator does not respond.',
  confirm: 'Pay now',
  confirmTransfer: 'Accept the money',
  cancel: 'Cancel',
  refuse: 'Simulate: the bank refuses',
  password: 'Payment password',
  passwordHelp: 'Any six digits.',
  onlyDigits: 'Only digits: any six.',
  success: 'Paid',
  successTransfer: 'Accepted',
  refused: 'The bank refuses the payment.',
  done: 'Done',
  close: 'Close',
  back: 'Back to the merchant',
  problem: 'WeChat would not open the cashier',
  expected: 'The text to sign',
  noReferrer:
    'This page was not opened from another one. WeChat Pay refuses that (商家参数格式有误), because it compares the Referer with the registered domains.',
  redirectRefused: (host: string) =>
    `redirect_url leads to ${host}, which is not the site that opened this page. WeChat Pay returns only to domains that the merchant has registered.`,
  linkExpired: 'The link has expired after five minutes (支付请求已失效，请重新发起支付). Place the order again.',
  states: {
    paid: 'The order is paid.',
    closed: 'The order is closed.',
    expired: 'The prepay_id has expired after two hours.',
    payable: '',
  },
  unknown: 'No order has this prepay_id (支付请求已失效).',
  failed: 'The simulator refuses:',
  merchant: (mchid: string) => `Merchant ${mchid}`,
  problems: {} as Readonly<Record<string, readonly [what: string, cure: string]>>,
}

export type CashierWords = typeof en

const zh: CashierWords = {
  title: '微信支付（模拟）',
  simulated: '模拟环境，不会产生真实交易。',
  loading: '加载中…',
  noServer: '模拟器没有响应。',
  confirm: '立即支付',
  confirmTransfer: '确认收款',
  cancel: '取消',
  refuse: '模拟：银行拒绝付款',
  password: '支付密码',
  passwordHelp: '任意六位数字即可。',
  onlyDigits: '只能输入数字，任意六位即可。',
  success: '支付成功',
  successTransfer: '已确认收款',
  refused: '银行拒绝付款。',
  done: '完成',
  close: '关闭',
  back: '返回商户',
  problem: '微信不会打开收银台',
  expected: '应当签名的文本',
  noReferrer:
    '这个页面不是从其他页面跳转而来。微信支付会拒绝（商家参数格式有误），因为它要用 Referer 核对已登记的域名。',
  redirectRefused: host => `redirect_url 指向 ${host}，不是打开本页面的网站。微信支付只会返回商户已登记的域名。`,
  linkExpired: '支付请求已失效，请重新发起支付：链接的有效期为五分钟，请重新下单。',
  states: {
    paid: '该订单已支付。',
    closed: '该订单已关闭。',
    expired: 'prepay_id 已过两小时有效期。',
    payable: '',
  },
  unknown: '支付请求已失效：没有订单使用这个 prepay_id。',
  failed: '模拟器拒绝：',
  merchant: mchid => `商户 ${mchid}`,
  problems: {
    missing: ['缺少这个参数，或不是字符串', '把库生成的参数原样传给页面'],
    milliseconds: ['时间戳不是秒', '用 1970 年以来的秒数，十位数字的字符串'],
    package: ['不以 prepay_id= 开头', '在应答的 prepay_id 前加上 prepay_id='],
    unknown: ['没有订单使用这个 prepay_id', '用下单应答里的 prepay_id，并在两小时内调起'],
    'trade-type': ['不是 JSAPI 订单', '通过 /v3/pay/transactions/jsapi 下单'],
    appid: ['与下单时的 appid 不一致', '用下单时的 appid 调起支付'],
    'sign-type': ['不是 RSA、MD5 或 HMAC-SHA256', 'APIv3 的订单填 RSA'],
    signature: ['支付验证签名失败', '用商户私钥对这段文本签名，此后不要改动任何参数'],
    paid: ['该订单已支付', '向用户展示已支付'],
    closed: ['该订单已关闭', '重新下单'],
    expired: ['prepay_id 已过两小时有效期', '用原单号重新下单'],
    'transfer-unknown': ['没有转账单使用这个 package_info', '用应答里的 package_info'],
    'transfer-merchant': ['不是这笔转账的商户', '填发起转账的商户号'],
    'transfer-state': ['转账单不在待用户确认的状态', '查询转账单，展示其状态'],
  },
}

/** Returns the words of the chosen language. */
export const useCashierWords = (): CashierWords => ({ en, zh })[useStore(language)]
