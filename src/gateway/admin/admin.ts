import { type Context, Hono } from 'hono'
import { parseJson, stringifyJson } from '../../core/index.ts'
import { bounded } from '../body.ts'
import { fieldsOf } from '../fields.ts'
import { GATEWAY_LEDGER, type Ground } from '../ground.ts'
import type { DeliveryState } from '../ledger/deliveries.ts'
import type { EventRow } from '../ledger/events.ts'
import { Refusal } from '../problem.ts'
import { sweep } from '../sweep/sweep.ts'

/** Rows of a list, where nobody says how many; and the most. */
const ROWS = 50
const MOST_ROWS = 500
const MOST_BYTES = 64 * 1024
const STATES: ReadonlySet<string> = new Set<DeliveryState>(['pending', 'asking', 'delivered', 'dead'])

/**
 * What an operator looks at and sets going again, below `/admin`: events, deliveries, the audit trail. JSON both ways; lists
 * are the newest first, and go on behind `next`.
 */
export function createAdmin(ground: Ground): Hono {
  const { merchants, ledger, routes, outbox, endpointOf } = ground
  const admin = new Hono()
  const book = ({ req }: Context) => {
    const mchid = req.param('mchid')!
    if (!Object.hasOwn(merchants, mchid)) throw missing(`The gateway has no merchant ${mchid}.`)
    return { mchid, book: ledger(mchid) }
  }

  admin.get('/merchants', async context => {
    const rows = Object.keys(merchants).map(async mchid => ({ mchid, ...(await ledger(mchid).depths(mchid)) }))
    return context.json({ merchants: await Promise.all(rows) })
  })

  admin.get('/merchants/:mchid/events', async context => {
    const { mchid, book: events } = book(context)
    const { event, subject } = context.req.query()
    const page = { ...pageOf(context), ...(event && { event }), ...(subject && { subject }) }
    const rows = await events.events(mchid, page)
    return context.json({ events: rows.map(withoutResource), next: nextOf(rows, page.limit, row => row.seq) })
  })

  admin.get('/merchants/:mchid/events/:seq', async context => {
    const { mchid, book: events } = book(context)
    const seq = numberOf(context, 'seq')
    const row = await events.event(mchid, seq)
    if (!row) throw missing(`There is no event ${seq}.`)
    const deliveries = await events.deliveries(mchid, { seq, limit: MOST_ROWS })
    return json({ ...withoutResource(row), resource: parseJson(row.resource), deliveries })
  })

  admin.post('/merchants/:mchid/events/:seq/resend', async context => {
    const { mchid, book: events } = book(context)
    const seq = numberOf(context, 'seq')
    const row = await events.event(mchid, seq)
    if (!row) throw missing(`There is no event ${seq}.`)
    const given = fieldsOf(await bodyOf(context)).endpoints
    const names = given === undefined ? routes(row.event, mchid).map(({ name }) => name) : namesOf(given)
    const unknown = names.find(name => !endpointOf(name))
    if (unknown !== undefined) throw invalid(`endpoints: the configuration has no ${JSON.stringify(unknown)}.`)
    const deliveries = await events.resend(mchid, seq, names)
    await outbox.enqueue(deliveries.map(delivery => ({ mchid, delivery })))
    return context.json({ deliveries }, 202)
  })

  admin.get('/merchants/:mchid/deliveries', async context => {
    const { mchid, book: deliveries } = book(context)
    const { state } = context.req.query()
    if (state !== undefined && !STATES.has(state)) throw invalid(`state: one of ${[...STATES].join(', ')}.`)
    const page = { ...pageOf(context), ...(state && { state: state as DeliveryState }) }
    const rows = await deliveries.deliveries(mchid, page)
    return context.json({ deliveries: rows, next: nextOf(rows, page.limit, row => row.id) })
  })

  admin.get('/merchants/:mchid/deliveries/:id', async context => {
    const { mchid, book: deliveries } = book(context)
    const row = await deliveries.delivery(mchid, numberOf(context, 'id'))
    if (!row) throw missing('There is no such delivery.')
    return context.json(row)
  })

  admin.post('/merchants/:mchid/deliveries/:id/replay', async context => {
    const { mchid, book: deliveries } = book(context)
    const delivery = numberOf(context, 'id')
    if (!(await deliveries.replay(mchid, delivery)))
      throw missing('There is no such delivery, or it was a question, which only WeChat Pay asks again.')
    await outbox.enqueue([{ mchid, delivery }])
    return context.json({ deliveries: [delivery] }, 202)
  })

  admin.post('/merchants/:mchid/dead/replay', async context => {
    const { mchid, book: deliveries } = book(context)
    const dead = await deliveries.deliveries(mchid, { state: 'dead', limit: MOST_ROWS })
    // The oldest goes first.
    const ids = dead.map(({ id }) => id).reverse()
    for (const id of ids) await deliveries.replay(mchid, id)
    if (ids.length > 0) await outbox.enqueue(ids.map(delivery => ({ mchid, delivery })))
    return context.json({ deliveries: ids, more: ids.length === MOST_ROWS }, 202)
  })

  admin.get('/callers/:name/calls', async context => {
    const page = pageOf(context)
    const rows = await ledger(`caller/${context.req.param('name')}`).calls(context.req.param('name'), page)
    return context.json({ calls: rows, next: nextOf(rows, page.limit, row => row.at) })
  })

  admin.post('/sweep', async context => context.json(await sweep(ground)))
  admin.get('/counters', async context => context.json({ counters: await ledger(GATEWAY_LEDGER).counters() }))
  return admin
}

/** A list shows what an event is, not what is in it. */
const withoutResource = ({ resource: _, ...row }: EventRow) => row

/** Resources may hold integers beyond 2^53. */
const json = (value: unknown): Response =>
  new Response(stringifyJson(value), { headers: { 'Content-Type': 'application/json' } })

function pageOf({ req }: Context): { limit: number; before?: number } {
  const { limit = String(ROWS), before } = req.query()
  if (!/^\d+$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST_ROWS) throw invalid(`limit: 1 to ${MOST_ROWS}.`)
  if (before !== undefined && !/^\d{1,15}$/.test(before)) throw invalid('before: what "next" gave.')
  return { limit: Number(limit), ...(before !== undefined && { before: Number(before) }) }
}

const nextOf = <Row>(rows: readonly Row[], limit: number, place: (row: Row) => number): number | null =>
  rows.length < limit ? null : place(rows.at(-1)!)

function numberOf({ req }: Context, name: string): number {
  const text = req.param(name)!
  if (!/^\d{1,15}$/.test(text)) throw missing(`${text} is no number.`)
  return Number(text)
}

async function bodyOf({ req }: Context): Promise<unknown> {
  const text = await bounded(req.raw, MOST_BYTES).text()
  try {
    return text === '' ? undefined : parseJson(text)
  } catch {
    throw invalid('The body is no JSON.')
  }
}

function namesOf(given: unknown): string[] {
  if (Array.isArray(given) && given.every(name => typeof name === 'string')) return given
  throw invalid('endpoints: a list of names.')
}

const missing = (detail: string): Refusal => new Refusal({ status: 404, code: 'NOT_FOUND', detail })
const invalid = (detail: string): Refusal => new Refusal({ status: 400, code: 'QUERY_INVALID', detail })
