import type { Endpoint } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { erased, quoted } from './names.ts'
import type { Document, Schema } from './openapi.ts'
import { PathTreeWriter } from './path-tree.ts'

/** Fields that hold money, by their official short name or their own name. */
const MONEY = /金额|总价|总额|费用|费$|价格|房费|预算|面额|合计/
const NAMED_MONEY = /(?:^|_)(?:fee|amount|amt|money|price)$/
/**
 * Descriptions of amounts that are not moved (unit price, original price, threshold), and of counts other than money.
 */
const NOT_MOVED = /单价|原价|门槛|原订单|积分|数量|优惠券/
const NOT_MOVED_NAMED = /minimum|threshold|(?:^|_)(?:original|unit|base)_/
/** The refunded amount; the request also has the amount of the order. */
const REFUNDED = /^refund(?:_fee|_amount)?$/
const REFUNDED_ORDER = /^(?:total|total_fee|order_amount)$/

/**
 * Calls that move an amount that they do not name, such as the total of an order, refund, stock or balance. Listed by
 * title, because their fields do not show it.
 */
const UNNAMED = new RegExp(
  `^(?:${[
    '撤销(?:订单|扣款)?(?:\\(.*\\))?',
    '.*委托代扣撤销订单',
    '商户发起催收扣款',
    '发起异常退款',
    '垫付退款回补',
    '.*申请异常结算批次单处理',
    '发起在途异常资金付款指令',
    '重新发起提现',
    '.*按日终余额预约提现',
    '提交注销提现申请',
    '发放代金券',
    '激活代金券批次',
    '为用户发银行提现免费券',
  ].join('|')})$`,
)

/** Placeholder for an amount that is absent, or not an integer in fen. */
const UNKNOWN = '?'

/**
 * Writes `amounts.ts`: for every endpoint except GET, the fields of its body with the amount of money that it moves.
 * The table is a tree as text, like that of the traits: `v3{pay{transactions{jsapi{1}native{1}}}}`; a word is
 * the number of the fields.
 */
export function writeAmounts(document: Document, endpoints: readonly Endpoint[]): string {
  const rows = new Map<string, { endpoint: Endpoint; fields: Set<string> }>()
  for (const endpoint of endpoints) {
    if (endpoint.method === 'GET') continue
    const key = `${endpoint.method} ${endpoint.api} ${erased(endpoint.path)}`
    const row = rows.get(key) ?? { endpoint, fields: new Set() }
    for (const field of amountFieldsOf(document, endpoint)) row.fields.add(field)
    rows.set(key, row)
  }
  const sets: string[] = ['']
  const table = new PathTreeWriter()
  for (const { endpoint, fields } of rows.values()) {
    const set = [...fields].join()
    if (!sets.includes(set)) sets.push(set)
    table.add(endpoint, String(sets.indexOf(set)))
  }
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** Endpoints except GET in the format of `caps/amounts.ts`, with the number of their fields. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
    '/** Dotted paths of the fields with money; `?` if the body does not show the complete amount. */',
    `export const fields: readonly string[] = [\n${sets.map(set => `  ${quoted(set)},\n`).join('')}]`,
    '',
  ].join('\n')
}

/** Returns the dotted paths of the fields with money; only {@link UNKNOWN} if they do not show the complete amount. */
export function amountFieldsOf(document: Document, { api, body, operation }: Endpoint): string[] {
  const found = new Set<string>()
  if (UNNAMED.test(operation.summary ?? '')) found.add(UNKNOWN)
  if (!body || body.kind === 'multipart') return [...found]
  const fields = [...fieldsOf(document, body.schema)]
  const isRefund = fields.some(([path]) => REFUNDED.test(nameOf(path)))
  for (const [path, field] of fields) {
    if (isRefund && REFUNDED_ORDER.test(nameOf(path))) continue
    const kind = moneyKind(path, field)
    // Text in APIv3 may be in yuan, with decimals; in APIv2 all values are text, in fen.
    if (kind) found.add(kind === 'text' && api !== 'v2' ? UNKNOWN : path)
  }
  return found.has(UNKNOWN) ? [UNKNOWN] : [...found]
}

function moneyKind(
  path: string,
  { type, enum: values, items, description = '' }: Schema,
): 'number' | 'text' | undefined {
  const name = nameOf(path)
  if (values || NOT_MOVED.test(description) || NOT_MOVED_NAMED.test(name)) return undefined
  const types = [type, items?.type].flat()
  if (types.includes('integer') || types.includes('number'))
    return MONEY.test(description) || NAMED_MONEY.test(name) ? 'number' : undefined
  const isText = types.includes('string') && /(?:金额|价格|费用|合计)$/.test(description)
  return isText ? 'text' : undefined
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)
