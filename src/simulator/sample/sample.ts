import { stringifyJson } from '../../core/codec/json.ts'
import type { Field, Shape } from '../catalogue/shape.ts'
import type { Values } from '../catalogue/violation.ts'
import { createEcho, type Echo, fitToField } from './echo.ts'
import { type Page, pageOf, withoutPage } from './page.ts'
import { pickState, type SampleContext, sampleInteger, sampleText } from './sample-value.ts'

interface Scope {
  readonly context: SampleContext
  readonly echo: Echo
  /** Value of the request at the same position. */
  readonly peer: unknown
  /** Page that the request asks for, if the next list is paged. */
  readonly page: Page | undefined
}

/** Number of members of a paged list. */
const MEMBERS = 2

/**
 * Creates plausible values for fields: the request's values under the same names, otherwise values that the names suggest.
 * The same context and request give the same values. Encrypted fields are in plain text.
 */
export function sample(fields: readonly Field[], request: Values, context: SampleContext): Values {
  const page = pageOf(request)
  return sampleFields(fields, { context, echo: createEcho(withoutPage(request)), peer: request, page })
}

/** Names and labels of optional fields to leave out: they report a failure, an end, or a next page. */
const UNLIKELY =
  /fail|reject|refus|(^|_)err|error|invalid|abnormal|cancel|close|revoke|terminat|deauth|punish|promotion|(^|_)(next|prev)(_| )|失败|错误|驳回|拒绝|异常|取消|撤销|关闭|解约|作废/

function sampleFields(fields: readonly Field[], scope: Scope): Values {
  const included = fields.filter(
    ({ name, label, required }) => required || !UNLIKELY.test(`${name} ${label}`) || hasMember(scope.peer, name),
  )
  // Lists come first, because numbers beside them count their members.
  const lists = new Map(
    included.filter(({ shape }) => shape.items).map(field => [field.name, sampleList(field, scope)]),
  )
  const [list] = lists.values()
  const values = included.map(field => [
    field.name.replaceAll('#', '0'),
    lists.get(field.name)?.members ?? (list && countOf(field, list)) ?? sampleField(field, scope),
  ])
  return Object.fromEntries(values)
}

const hasMember = (peer: unknown, name: string): boolean =>
  typeof peer === 'object' && peer !== null && Object.hasOwn(peer, name)
const memberOf = (peer: unknown, name: string): unknown => (hasMember(peer, name) ? (peer as Values)[name] : undefined)

interface List {
  /** Members of the page. */
  readonly members: readonly unknown[]
  /** Number of members on all pages. */
  readonly total: number
}

/** Creates as many members as the request has at the same position; otherwise those of the page, or one or two. */
function sampleList(field: Field, scope: Scope): List {
  const { context, page } = scope
  const requested = memberOf(scope.peer, field.name)
  const items = field.shape.items!
  if (!items.fields) {
    const members = fitToField(requested, field) ?? scope.echo.find(field)
    return wholeList((members as unknown[] | undefined) ?? [sampleValue(items, field, scope)])
  }
  const inner = { ...scope, page: undefined }
  if (Array.isArray(requested)) return wholeList(requested.map(peer => sampleFields(items.fields!, { ...inner, peer })))
  const [start, end] = page
    ? [page.start, Math.min(MEMBERS, page.start + page.size)]
    : [0, 1 + context.random.below(MEMBERS)]
  const numbers = Array.from({ length: Math.max(0, end - start) }, (_, at) => start + at)
  const members = numbers.map(number => {
    const random = context.random.fork(`${field.name}/${number}`)
    return sampleFields(items.fields!, { ...inner, peer: undefined, context: { ...context, random } })
  })
  return { members, total: page ? MEMBERS : members.length }
}

const wholeList = (members: unknown[]): List => ({ members, total: members.length })

function sampleField(field: Field, scope: Scope): unknown {
  const { name, shape } = field
  const requested = memberOf(scope.peer, name)
  if (shape.fields) return sampleFields(shape.fields, { ...scope, peer: requested })
  return fitToField(requested, field) ?? scope.echo.find(field) ?? sampleValue(shape, field, scope)
}

/** Returns the number of members for a field that counts the list beside it. */
function countOf({ name, label, shape }: Field, { members, total }: List): number | undefined {
  if (shape.type !== 'integer' || label.includes('金额')) return undefined
  if (/^(total_?(count|num|number|size)?|record_num)$/.test(name)) return total
  return /^(count|num|number|size)$/.test(name) ? members.length : undefined
}

function sampleValue(shape: Shape, field: Field, scope: Scope): unknown {
  const { context } = scope
  const { name, label } = field
  if (shape.enum) return pickState(shape.enum, context)
  if (shape.anyOf) return sampleValue(shape.anyOf[0]!, field, scope)
  if (shape.fields) return sampleFields(shape.fields, { ...scope, peer: undefined })
  if (shape.items) return sampleList({ ...field, shape }, { ...scope, peer: undefined }).members
  if (shape.json) return stringifyJson(sampleValue(shape.json, field, scope))
  if (shape.type === 'integer') return sampleInteger(name, shape.format, context)
  if (shape.type === 'number') return Number(sampleInteger(name, undefined, context))
  if (shape.type === 'boolean') return !/fail|has_more|is_end|hidden|sandbox|freeze|limit/.test(name)
  return sampleText(name, label, shape.format, context)
}
