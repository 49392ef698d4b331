import { stringifyJson } from '../../core/codec/json.ts'
import type { Field, Shape } from '../catalogue/shape.ts'
import type { Values } from '../catalogue/violation.ts'
import { createEcho, type Echo, fitToField } from './echo.ts'
import { type Page, pageOf, withoutPage } from './page.ts'
import { pickSuccessState, type SampleContext, sampleInteger, sampleText } from './sample-value.ts'

interface Scope {
  readonly context: SampleContext
  readonly echo: Echo
  /** What the request has in the place that is being filled. */
  readonly peer: unknown
  /** Where a list stands that the request asks for a page of. */
  readonly page: Page | undefined
}

/** How many members a list has of which only a page is shown. */
const MEMBERS = 2

/**
 * Fills a shape with what is plausible: what the request said under the same name, else what the name suggests. The
 * same context and the same request give the same value; what is sealed on the wire is in the clear.
 */
export function sample(fields: readonly Field[], request: Values, context: SampleContext): Values {
  const page = pageOf(request)
  return sampleFields(fields, { context, echo: createEcho(withoutPage(request)), peer: request, page })
}

/** Names and labels of what tells of failure, of an end, of a next page: left out where it may be. */
const UNLIKELY =
  /fail|reject|refus|(^|_)err|error|invalid|abnormal|cancel|close|revoke|terminat|deauth|punish|promotion|(^|_)(next|prev)(_| )|失败|错误|驳回|拒绝|异常|取消|撤销|关闭|解约|作废/

function sampleFields(fields: readonly Field[], scope: Scope): Values {
  const due = fields.filter(
    ({ name, label, required }) => required || !UNLIKELY.test(`${name} ${label}`) || has(scope.peer, name),
  )
  // Lists first: the numbers beside them count them.
  const lists = new Map(due.filter(({ shape }) => shape.items).map(field => [field.name, sampleList(field, scope)]))
  const [list] = lists.values()
  const values = due.map(field => [
    field.name.replaceAll('#', '0'),
    lists.get(field.name)?.members ?? (list && counted(field, list)) ?? sampleField(field, scope),
  ])
  return Object.fromEntries(values)
}

const has = (peer: unknown, name: string): boolean =>
  typeof peer === 'object' && peer !== null && Object.hasOwn(peer, name)
const within = (peer: unknown, name: string): unknown => (has(peer, name) ? (peer as Values)[name] : undefined)

interface List {
  readonly members: readonly unknown[]
  /** How many there are in all, of which these are a page. */
  readonly all: number
}

/** As many members as the request has in this place; else those of the page; else one or two. */
function sampleList(field: Field, scope: Scope): List {
  const { context, page } = scope
  const given = within(scope.peer, field.name)
  const items = field.shape.items!
  if (!items.fields) {
    const members = fitToField(given, field) ?? scope.echo.find(field)
    return listOf((members as unknown[] | undefined) ?? [sampleValue(items, field, scope)])
  }
  const inner = { ...scope, page: undefined }
  if (Array.isArray(given)) return listOf(given.map(peer => sampleFields(items.fields!, { ...inner, peer })))
  const [start, end] = page
    ? [page.start, Math.min(MEMBERS, page.start + page.size)]
    : [0, 1 + context.random.below(MEMBERS)]
  const numbers = Array.from({ length: Math.max(0, end - start) }, (_, at) => start + at)
  const members = numbers.map(number => {
    const random = context.random.fork(`${field.name}/${number}`)
    return sampleFields(items.fields!, { ...inner, peer: undefined, context: { ...context, random } })
  })
  return { members, all: page ? MEMBERS : members.length }
}

const listOf = (members: unknown[]): List => ({ members, all: members.length })

function sampleField(field: Field, scope: Scope): unknown {
  const { name, shape } = field
  const given = within(scope.peer, name)
  if (shape.fields) return sampleFields(shape.fields, { ...scope, peer: given })
  return fitToField(given, field) ?? scope.echo.find(field) ?? sampleValue(shape, field, scope)
}

/** A number that counts the list beside it. */
function counted({ name, label, shape }: Field, { members, all }: List): number | undefined {
  if (shape.type !== 'integer' || label.includes('金额')) return undefined
  if (/^(total_?(count|num|number|size)?|record_num)$/.test(name)) return all
  return /^(count|num|number|size)$/.test(name) ? members.length : undefined
}

function sampleValue(shape: Shape, field: Field, scope: Scope): unknown {
  const { context } = scope
  const { name, label } = field
  if (shape.enum) return pickSuccessState(shape.enum)
  if (shape.anyOf) return sampleValue(shape.anyOf[0]!, field, scope)
  if (shape.fields) return sampleFields(shape.fields, { ...scope, peer: undefined })
  if (shape.items) return sampleList({ ...field, shape }, { ...scope, peer: undefined }).members
  if (shape.json) return stringifyJson(sampleValue(shape.json, field, scope))
  if (shape.type === 'integer') return sampleInteger(name, shape.format, context)
  if (shape.type === 'number') return Number(sampleInteger(name, undefined, context))
  if (shape.type === 'boolean') return !/fail|has_more|is_end|hidden|sandbox|freeze|limit/.test(name)
  return sampleText(name, label, shape.format, context)
}
