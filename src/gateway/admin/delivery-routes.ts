import type { DeliveryState, ListedDelivery } from '../store/delivery/row.ts'
import { type List, readMerged } from '../store/shards/merged-list.ts'
import { listOf, MAX_ROWS, PAGING, pageOf } from './list-page.ts'
import { invalid } from './query.ts'
import { type AdminRequest, type AdminRoute, get, merchantOf, missing, numberOf, post } from './route.ts'

const STATES: ReadonlySet<string> = new Set<DeliveryState>(['pending', 'asking', 'delivered', 'dead'])

/** The deliveries of a merchant's events. */
export const deliveryRoutes: readonly AdminRoute[] = [
  get('/merchants/:mchid/deliveries', ['state', ...PAGING], listDeliveries),
  get('/merchants/:mchid/deliveries/:id', [], showDelivery),
  post('/merchants/:mchid/deliveries/:id/replay', replayDelivery),
  post('/merchants/:mchid/dead/replay', replayDead),
]

async function listDeliveries(request: AdminRequest): Promise<Response> {
  const { c, query } = request
  const { mchid, ledger } = merchantOf(request)
  const { state } = query
  if (state !== undefined && !STATES.has(state)) throw invalid(`state must be one of ${[...STATES].join(', ')}.`)
  const { rows, ...page } = await readMerged(ledger, pageOf(query), deliveriesOf(mchid, state as DeliveryState))
  return c.json({ deliveries: rows, ...page })
}

async function showDelivery(request: AdminRequest): Promise<Response> {
  const { mchid, ledger } = merchantOf(request)
  const row = await ledger.delivery(mchid, numberOf(request, 'id'))
  if (!row) throw missing('The delivery does not exist.')
  return request.c.json(row)
}

async function replayDelivery(request: AdminRequest): Promise<Response> {
  const { mchid, ledger } = merchantOf(request)
  const delivery = numberOf(request, 'id')
  if (!(await ledger.replayDelivery(mchid, delivery)))
    throw missing('The delivery does not exist, or was a question, which only WeChat Pay can repeat.')
  await request.context.outbox.enqueue([{ mchid, delivery }])
  return request.c.json({ deliveries: [delivery] }, 202)
}

async function replayDead(request: AdminRequest): Promise<Response> {
  const { c, context } = request
  const { mchid, ledger } = merchantOf(request)
  const { rows: dead, unavailable } = await readMerged(ledger, { limit: MAX_ROWS }, deliveriesOf(mchid, 'dead'))
  // The list has the newest first; the oldest must be delivered first.
  const ids = dead.map(({ id }) => id).reverse()
  for (const id of ids) await ledger.replayDelivery(mchid, id)
  if (ids.length > 0) await context.outbox.enqueue(ids.map(delivery => ({ mchid, delivery })))
  return c.json({ deliveries: ids, more: ids.length === MAX_ROWS, ...(unavailable && { unavailable }) }, 202)
}

const deliveriesOf = (mchid: string, state: DeliveryState | undefined): List<ListedDelivery> => ({
  read: async (part, page) =>
    listOf(await part.deliveries(mchid, state === undefined ? page : { ...page, state }), page.limit, row => row.id),
  numberOf: row => row.id,
  timeOf: row => row.created_at,
})
