import { type Context, Hono } from 'hono'
import { isJsonType } from '../../core/cross-site.ts'
import { parseJson, stringifyJson } from '../../core/index.ts'
import { readBody } from '../body/read-body.ts'
import { notJson } from '../caller/cross-site.ts'
import type { GatewayContext } from '../context.ts'
import { fieldsOf } from '../fields.ts'
import { Refusal } from '../problem.ts'
import type { DeliveryState } from '../store/delivery-row.ts'
import type { EventRow } from '../store/events.ts'
import { sweep } from '../sweep/sweep.ts'

/** Rows of a list if the query has no `limit`. */
const DEFAULT_ROWS = 50
const MAX_ROWS = 500
const MAX_BYTES = 64 * 1024
/** Characters of an unknown name or number that its error shows. */
const MAX_SHOWN = 40
/** The query parameters that select a page of a list. */
const PAGING: readonly string[] = ['before', 'limit']
const EVENT_FILTERS = ['event', 'subject', 'webhook_id'] as const
const STATES: ReadonlySet<string> = new Set<DeliveryState>(['pending', 'asking', 'delivered', 'dead'])

/**
 * Creates the operator's pages under `/admin`: events, deliveries, the audit trail. Requests and responses are JSON. Lists have the
 * newest first, and `next` for the following page.
 */
export function createAdmin(context: GatewayContext): Hono {
  const { merchants, ledgerOf, callerLedgerOf, gatewayLedger, routes, outbox, endpointOf } = context
  const admin = new Hono()
  const get = (path: string, names: readonly string[], handle: Handle) =>
    admin.get(path, c => handle(c, queryOf(c, names)))
  const post = (path: string, names: readonly string[], handle: Handle) =>
    admin.post(path, c => handle(c, queryOf(c, names)))
  const merchantLedger = ({ req }: Context) => {
    const mchid = req.param('mchid')!
    return { mchid, ledger: ledgerOf(mchid) }
  }

  get('/merchants', [], async c => {
    const rows = Object.keys(merchants).map(async mchid => ({
      mchid,
      ...(await ledgerOf(mchid).depths(mchid)),
      circuits: await ledgerOf(mchid).circuits(mchid),
    }))
    return c.json({ merchants: await Promise.all(rows) })
  })

  get('/merchants/:mchid/events', [...EVENT_FILTERS, ...PAGING], async (c, query) => {
    const { mchid, ledger } = merchantLedger(c)
    const filters = EVENT_FILTERS.filter(name => query[name] !== undefined).map(name => [name, query[name]] as const)
    const page = { ...pageOf(query), ...Object.fromEntries(filters) }
    const rows = await ledger.events(mchid, page)
    return c.json({ events: rows.map(withoutResource), next: nextOf(rows, page.limit, row => row.seq) })
  })

  get('/merchants/:mchid/events/:seq', [], async c => {
    const { mchid, ledger } = merchantLedger(c)
    const seq = numberOf(c, 'seq')
    const row = await ledger.event(mchid, seq)
    if (!row) throw missing(`There is no event ${seq}.`)
    const deliveries = await ledger.deliveries(mchid, { seq, limit: MAX_ROWS })
    return json({ ...withoutResource(row), resource: parseJson(row.resource), deliveries })
  })

  post('/merchants/:mchid/events/:seq/resend', [], async c => {
    const { mchid, ledger } = merchantLedger(c)
    const seq = numberOf(c, 'seq')
    const row = await ledger.event(mchid, seq)
    if (!row) throw missing(`There is no event ${seq}.`)
    const { endpoints } = fieldsOf(await bodyOf(c))
    const names = endpoints === undefined ? routes(row.event, mchid).map(({ name }) => name) : namesOf(endpoints)
    const unknown = names.find(
      name => !(endpointOf(name)?.merchants?.includes(mchid) ?? endpointOf(name) !== undefined),
    )
    if (unknown !== undefined)
      throw invalidBody(`endpoints: the configuration has no ${JSON.stringify(unknown)} for the merchant ${mchid}.`)
    const deliveries = await ledger.resendEvent(mchid, seq, names)
    await outbox.enqueue(deliveries.map(delivery => ({ mchid, delivery })))
    return c.json({ deliveries }, 202)
  })

  get('/merchants/:mchid/deliveries', ['state', ...PAGING], async (c, query) => {
    const { mchid, ledger } = merchantLedger(c)
    const { state } = query
    if (state !== undefined && !STATES.has(state)) throw invalid(`state must be one of ${[...STATES].join(', ')}.`)
    const page = { ...pageOf(query), ...(state !== undefined && { state: state as DeliveryState }) }
    const rows = await ledger.deliveries(mchid, page)
    return c.json({ deliveries: rows, next: nextOf(rows, page.limit, row => row.id) })
  })

  get('/merchants/:mchid/deliveries/:id', [], async c => {
    const { mchid, ledger } = merchantLedger(c)
    const row = await ledger.delivery(mchid, numberOf(c, 'id'))
    if (!row) throw missing('The delivery does not exist.')
    return c.json(row)
  })

  post('/merchants/:mchid/deliveries/:id/replay', [], async c => {
    const { mchid, ledger } = merchantLedger(c)
    const delivery = numberOf(c, 'id')
    if (!(await ledger.replayDelivery(mchid, delivery)))
      throw missing('The delivery does not exist, or was a question, which only WeChat Pay can repeat.')
    await outbox.enqueue([{ mchid, delivery }])
    return c.json({ deliveries: [delivery] }, 202)
  })

  post('/merchants/:mchid/dead/replay', [], async c => {
    const { mchid, ledger } = merchantLedger(c)
    const dead = await ledger.deliveries(mchid, { state: 'dead', limit: MAX_ROWS })
    // The list has the newest first; the oldest must be delivered first.
    const ids = dead.map(({ id }) => id).reverse()
    for (const id of ids) await ledger.replayDelivery(mchid, id)
    if (ids.length > 0) await outbox.enqueue(ids.map(delivery => ({ mchid, delivery })))
    return c.json({ deliveries: ids, more: ids.length === MAX_ROWS }, 202)
  })

  get('/merchants/:mchid/doubts', PAGING, async (c, query) => {
    const { mchid, ledger } = merchantLedger(c)
    const page = pageOf(query)
    const rows = await ledger.watchesInDoubt(mchid, page)
    return c.json({ doubts: rows, next: nextOf(rows, page.limit, row => row.id) })
  })

  post('/merchants/:mchid/doubts/:id/ask', [], async c => {
    const { mchid, ledger } = merchantLedger(c)
    const id = numberOf(c, 'id')
    if (!(await ledger.queryNow(mchid, id))) throw missing(`There is no call in doubt ${id}.`)
    return c.json({ asked: id }, 202)
  })

  post('/merchants/:mchid/doubts/:id/dismiss', [], async c => {
    const { mchid, ledger } = merchantLedger(c)
    const id = numberOf(c, 'id')
    if (!(await ledger.dismiss(mchid, id))) throw missing(`There is no call in doubt ${id}.`)
    return c.json({ dismissed: id })
  })

  get('/callers/:name/calls', PAGING, async (c, query) => {
    const page = pageOf(query)
    const name = c.req.param('name')!
    const rows = await callerLedgerOf(name).calls(name, page)
    return c.json({ calls: rows, next: nextOf(rows, page.limit, row => row.seq) })
  })

  post('/sweep', [], async c => c.json(await sweep(context)))
  get('/counters', [], async c => c.json({ counters: await gatewayLedger().counters() }))
  return admin
}

/** Lists leave out the content of events. */
const withoutResource = ({ resource: _, ...row }: EventRow) => row

/** Creates a JSON response that keeps integers beyond 2^53, which a resource may contain. */
const json = (value: unknown): Response =>
  new Response(stringifyJson(value), { headers: { 'Content-Type': 'application/json' } })

/** Handles a request whose query is parsed. */
type Handle = (c: Context, query: Readonly<Record<string, string>>) => Promise<Response>

/**
 * Reads a query. An unknown filter is refused, because ignoring it would return rows that it should exclude.
 *
 * @throws {Refusal} 400 `QUERY_INVALID` naming a parameter that is unknown, repeated or empty
 */
function queryOf({ req }: Context, names: readonly string[]): Readonly<Record<string, string>> {
  const advice = names.length > 0 ? `Use ${names.join(', ')}.` : 'This page has no parameters.'
  const query: Record<string, string> = {}
  for (const [name, value] of new URL(req.url).searchParams) {
    const shown = JSON.stringify(name.slice(0, MAX_SHOWN))
    if (!names.includes(name)) throw invalid(`${shown} is unknown. ${advice}`)
    if (Object.hasOwn(query, name)) throw invalid(`${shown} is repeated. Give it once.`)
    if (value === '') throw invalid(`${shown} is empty. Give it a value, or leave it out.`)
    query[name] = value
  }
  return query
}

function pageOf(query: Readonly<Record<string, string>>): { limit: number; before?: number } {
  const { limit = String(DEFAULT_ROWS), before } = query
  if (!/^\d+$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_ROWS)
    throw invalid(`limit must be a number from 1 to ${MAX_ROWS}.`)
  if (before !== undefined && !/^\d{1,15}$/.test(before))
    throw invalid('before must be the "next" of the previous page.')
  return { limit: Number(limit), ...(before !== undefined && { before: Number(before) }) }
}

const nextOf = <Row>(rows: readonly Row[], limit: number, place: (row: Row) => number): number | null =>
  rows.length < limit ? null : place(rows.at(-1)!)

function numberOf({ req }: Context, name: string): number {
  const text = req.param(name)!
  if (!/^\d{1,15}$/.test(text))
    throw missing(
      `${JSON.stringify(text.slice(0, MAX_SHOWN))} is not a number; use the "${name}" of a row of the list.`,
    )
  return Number(text)
}

async function bodyOf({ req }: Context): Promise<unknown> {
  const text = new TextDecoder().decode(await readBody(req.raw, MAX_BYTES))
  if (text !== '' && !isJsonType(req.header('content-type') ?? null)) throw notJson()
  try {
    return text === '' ? undefined : parseJson(text)
  } catch {
    throw invalidBody('The body is not JSON.')
  }
}

function namesOf(value: unknown): string[] {
  if (Array.isArray(value) && value.every(name => typeof name === 'string')) return value
  throw invalidBody('endpoints must be a list of names.')
}

const missing = (detail: string): Refusal => new Refusal({ status: 404, code: 'NOT_FOUND', detail })
const invalid = (detail: string): Refusal => new Refusal({ status: 400, code: 'QUERY_INVALID', detail })
const invalidBody = (detail: string): Refusal => new Refusal({ status: 400, code: 'BODY_INVALID', detail })
