const TITLES =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'

/** Returns the merchant's order number of a row. */
export const orderNumber = (at: number): string => `20260301${String(at).padStart(16, '0')}`
/** Returns the amount of a row in fen. */
export const amountOf = (at: number): number => 100 + (at % 9000)

const yuan = (fen: number): string => (fen / 100).toFixed(2)
const feeOf = (at: number): number => Math.round(amountOf(at) * 0.006)

function row(at: number): string {
  const time = `2026-03-01 ${[Math.floor(at / 3600) % 24, Math.floor(at / 60) % 60, at % 60].map(part => String(part).padStart(2, '0')).join(':')}`
  const amount = yuan(amountOf(at))
  return [
    time,
    'wxab8acb865bb11234',
    '1900007291',
    '0',
    '',
    `42000000082017${String(at).padStart(14, '0')}`,
    orderNumber(at),
    'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    'JSAPI',
    'SUCCESS',
    'OTHERS',
    'CNY',
    amount,
    '0.00',
    '0',
    '0',
    '0.00',
    '0.00',
    '',
    '',
    'Image形象店-深圳腾大-QQ公仔',
    '自定义数据',
    yuan(feeOf(at)).concat('000'),
    '0.60%',
    amount,
    '0.00',
    '',
  ]
    .map(value => `\`${value}`)
    .join()
}

const encoder = new TextEncoder()

/** Generates a trade bill of `count` payments lazily, in chunks like those of a network. */
export async function* tradeBill(count: number, from = 0): AsyncGenerator<Uint8Array> {
  let amounts = 0
  let fees = 0
  let text = `\ufeff${TITLES}\r\n`
  for (let at = from; at < from + count; at++) {
    amounts += amountOf(at)
    fees += feeOf(at)
    text += `${row(at)}\r\n`
    if (text.length < 2 ** 15) continue
    yield encoder.encode(text)
    text = ''
  }
  const sums = [String(count), yuan(amounts), '0.00', '0.00', yuan(fees), yuan(amounts), '0.00']
  text += '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n'
  yield encoder.encode(`${text}${sums.map(sum => `\`${sum}`).join()}\r\n`)
}
