import { METHODS } from '../../src/definitions/trait-table.ts'
import type { Endpoint } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { erased, quoted } from './names.ts'
import type { Document, Schema } from './openapi.ts'
import { PathTable } from './path-table.ts'

/** Fields that hold money by their official short name or by their own. */
const MONEY = /金额|总价|总额|费用|费$|价格|房费|预算|面额|合计/
const NAMED_MONEY = /(?:^|_)(?:fee|amount|amt|money|price)$/
/** Descriptions of amounts that do not move: a price, a former price, a threshold, and counts of something other than money. */
const NOT_MOVED = /单价|原价|门槛|原订单|积分|数量|优惠券/
const NOT_MOVED_NAMED = /minimum|threshold|(?:^|_)(?:original|unit|base)_/
/** Beside what is refunded, the order that it is refunded of. */
const REFUNDED = /^refund(?:_fee|_amount)?$/
const REFUNDED_ORDER = /^(?:total|total_fee|order_amount)$/

/**
 * The calls that move an amount which they do not name: all that an order, a refund, a stock or a balance has. By title,
 * since nothing in their fields tells it.
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

/** Stands among an endpoint's fields if its amount is absent, or no whole number of fen. */
const UNKNOWN = '?'

/**
 * Writes `amounts.ts`: of every endpoint that is no GET, where its body says how much money it moves. A tree in a text, as
 * that of the traits: `v3{pay{transactions{jsapi{1}native{1}}}}`; a word is {@link METHODS} and the number of the fields.
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
  const table = new PathTable()
  for (const { endpoint, fields } of rows.values()) {
    const set = [...fields].join()
    if (!sets.includes(set)) sets.push(set)
    table.add(endpoint, `${METHODS[endpoint.method]}${sets.indexOf(set)}`)
  }
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** The endpoints that are no GET, as `caps/amounts.ts` reads them, and the number of their fields. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
    '/** The fields that hold money, dotted; `?` where the amount, or a part of it, cannot be told from the body. */',
    `export const fields: readonly string[] = [\n${sets.map(set => `  ${quoted(set)},\n`).join('')}]`,
    '',
  ].join('\n')
}

/** The fields of a body that hold money, dotted; {@link UNKNOWN} among them where they do not tell the whole of it. */
export function amountFieldsOf(document: Document, { api, body, operation }: Endpoint): string[] {
  const found = new Set<string>()
  if (UNNAMED.test(operation.summary ?? '')) found.add(UNKNOWN)
  if (!body || body.kind === 'multipart') return [...found]
  const fields = [...fieldsOf(document, body.schema)]
  const isRefund = fields.some(([path]) => REFUNDED.test(nameOf(path)))
  for (const [path, field] of fields) {
    if (isRefund && REFUNDED_ORDER.test(nameOf(path))) continue
    const kind = moneyKind(path, field)
    // A text of APIv3's may be in yuan, with decimals. All of APIv2 is text, in fen.
    if (kind) found.add(kind === 'text' && api === 'v3' ? UNKNOWN : path)
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
