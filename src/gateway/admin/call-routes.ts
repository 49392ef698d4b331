import { readMerged } from '../store/shards/merged-list.ts'
import { listOf, PAGING, pageOf } from './list-page.ts'
import { type AdminRequest, type AdminRoute, get, merchantOf, missing, numberOf, post } from './route.ts'

/** The calls of callers, and those whose outcome is in doubt. */
export const callRoutes: readonly AdminRoute[] = [
  get('/merchants/:mchid/doubts', PAGING, listDoubts),
  post('/merchants/:mchid/doubts/:id/ask', askNow),
  post('/merchants/:mchid/doubts/:id/dismiss', dismissDoubt),
  get('/callers/:name/calls', PAGING, listCalls),
]

async function listDoubts(request: AdminRequest): Promise<Response> {
  const { c, query } = request
  const { mchid, ledger } = merchantOf(request)
  const { rows, ...page } = await readMerged(ledger, pageOf(query), {
    read: async (part, own) => listOf(await part.watchesInDoubt(mchid, own), own.limit, row => row.id),
    numberOf: row => row.id,
    timeOf: row => row.placed_at,
  })
  return c.json({ doubts: rows, ...page })
}

async function askNow(request: AdminRequest): Promise<Response> {
  const { mchid, ledger } = merchantOf(request)
  const id = numberOf(request, 'id')
  if (!(await ledger.queryNow(mchid, id))) throw missing(`There is no call in doubt ${id}.`)
  return request.c.json({ asked: id }, 202)
}

async function dismissDoubt(request: AdminRequest): Promise<Response> {
  const { mchid, ledger } = merchantOf(request)
  const id = numberOf(request, 'id')
  if (!(await ledger.dismiss(mchid, id))) throw missing(`There is no call in doubt ${id}.`)
  return request.c.json({ dismissed: id })
}

async function listCalls({ c, query, context }: AdminRequest): Promise<Response> {
  const listed = pageOf(query)
  const name = c.req.param('name')!
  const { rows, ...page } = await readMerged(context.callerLedgerOf(name), listed, {
    read: async (part, own) => listOf(await part.calls(name, own), own.limit, row => row.seq),
    numberOf: row => row.seq,
    timeOf: row => row.at,
  })
  return c.json({ calls: rows, ...page })
}
