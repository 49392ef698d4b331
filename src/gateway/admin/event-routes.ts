import { parseJson } from '../../core/index.ts'
import { bodyOf as bodyOfEvent } from '../delivery/message.ts'
import { fieldsOf } from '../fields.ts'
import { readMerged } from '../store/shards/merged-list.ts'
import { withoutResource } from './event-summary.ts'
import { bodyOf, invalidBody } from './json-body.ts'
import { MAX_ROWS, PAGING, pageOf } from './list-page.ts'
import { type AdminRequest, type AdminRoute, get, json, merchantOf, missing, numberOf, post } from './route.ts'
import { EVENT_STREAM } from './stream-route.ts'

const EVENT_FILTERS = ['event', 'subject', 'webhook_id', 'number'] as const
/** Endpoints that one request may send an event to. */
const MAX_ENDPOINTS = 100

/** The events of a merchant. */
export const eventRoutes: readonly AdminRoute[] = [
  get('/merchants/:mchid/events', [...EVENT_FILTERS, ...PAGING], listEvents),
  { ...get('/merchants/:mchid/events/:seq', [], showEvent), words: { stream: EVENT_STREAM } },
  get('/merchants/:mchid/events/:seq/message', [], showMessage),
  post('/merchants/:mchid/events/:seq/resend', resendEvent, { readsBody: true }),
]

async function listEvents(request: AdminRequest): Promise<Response> {
  const { c, query } = request
  const { mchid, ledger } = merchantOf(request)
  const filters = EVENT_FILTERS.filter(name => query[name] !== undefined).map(name => [name, query[name]] as const)
  const conditions = Object.fromEntries(filters)
  const { rows, ...page } = await readMerged(ledger, pageOf(query), {
    read: (part, own) => part.searchEvents(mchid, { ...own, ...conditions }),
    numberOf: row => row.seq,
    timeOf: row => row.received_at,
  })
  return c.json({ events: rows.map(withoutResource), ...page })
}

async function showEvent(request: AdminRequest): Promise<Response> {
  const { mchid, ledger, seq, row } = await requireEvent(request)
  const deliveries = await ledger.deliveries(mchid, { seq, limit: MAX_ROWS })
  return json({ ...withoutResource(row), resource: parseJson(row.resource), deliveries })
}

async function showMessage(request: AdminRequest): Promise<Response> {
  const { row } = await requireEvent(request)
  return new Response(bodyOfEvent(row), { headers: { 'Content-Type': 'application/json' } })
}

async function resendEvent(request: AdminRequest): Promise<Response> {
  const { c, context } = request
  const { mchid, ledger, seq, row } = await requireEvent(request)
  const { endpoints } = fieldsOf(await bodyOf(request))
  const names = endpoints === undefined ? context.routes(row.event, mchid).map(({ name }) => name) : namesOf(endpoints)
  requireEndpoints(request, names, mchid)
  const deliveries = await ledger.resendEvent(mchid, seq, names)
  if (names.length > 0 && deliveries.length === 0)
    throw missing('The event was a question, which only WeChat Pay can repeat.')
  await context.outbox.enqueue(deliveries.map(delivery => ({ mchid, delivery })))
  return c.json({ deliveries }, 202)
}

/** Returns the event that the path names. */
async function requireEvent(request: AdminRequest) {
  const { mchid, ledger } = merchantOf(request)
  const seq = numberOf(request, 'seq')
  const row = await ledger.event(mchid, seq)
  if (!row) throw missing(`There is no event ${seq}.`)
  return { mchid, ledger, seq, row }
}

/** Refuses names of endpoints that do not exist, or that do not receive this merchant's events. */
function requireEndpoints({ context: { endpointOf } }: AdminRequest, names: readonly string[], mchid: string): void {
  const unknown = names.find(name => !(endpointOf(name)?.merchants?.includes(mchid) ?? endpointOf(name) !== undefined))
  if (unknown !== undefined)
    throw invalidBody(`endpoints: the configuration has no ${JSON.stringify(unknown)} for the merchant ${mchid}.`)
}

function namesOf(value: unknown): string[] {
  if (Array.isArray(value) && value.length <= MAX_ENDPOINTS && value.every(name => typeof name === 'string'))
    return [...new Set(value)]
  throw invalidBody(`endpoints must be a list of up to ${MAX_ENDPOINTS} names.`)
}
