import type { CallRow } from '../store/call/calls.ts'
import { readJoined } from '../store/shards/joined-list.ts'
import { type List, readMerged } from '../store/shards/merged-list.ts'
import { joinedPageOf, listOf, PAGING, pageOf } from './list-page.ts'
import { type AdminRequest, type AdminRoute, get, merchantOf, missing, numberOf, post } from './route.ts'

/** The calls of callers, and those whose outcome is in doubt. */
export const callRoutes: readonly AdminRoute[] = [
  get('/merchants/:mchid/doubts', PAGING, listDoubts),
  post('/merchants/:mchid/doubts/:id/ask', askNow),
  post('/merchants/:mchid/doubts/:id/dismiss', dismissDoubt),
  get('/callers/:name/calls', PAGING, listCalls),
  get('/calls', PAGING, listAllCalls),
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
  const name = c.req.param('name')!
  const { rows, ...page } = await readMerged(context.callerLedgerOf(name), pageOf(query), callsOf(name))
  return c.json({ calls: rows, ...page })
}

/** Lists the calls of all callers: those of a ledger that all callers share, or of the ledgers that they have. */
async function listAllCalls({ c, query, context }: AdminRequest): Promise<Response> {
  const ledgers = context.callerLedgers()
  const [first] = ledgers.values()
  const { rows, ...page } =
    first && ledgers.size === 1
      ? await readMerged(first, pageOf(query), callsOf(null))
      : await readJoined(ledgers, joinedPageOf(query), callsOf(null))
  return c.json({ calls: rows, ...page })
}

const callsOf = (caller: string | null): List<CallRow> => ({
  read: async (part, page) => listOf(await part.calls(caller, page), page.limit, row => row.seq),
  numberOf: row => row.seq,
  timeOf: row => row.at,
})
