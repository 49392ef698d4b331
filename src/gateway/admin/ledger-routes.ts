import { fieldsOf } from '../fields.ts'
import { Refusal } from '../problem.ts'
import { isSharded, partsOf, readRows } from '../store/shards/sharded-ledger.ts'
import type { SqlValue } from '../store/sql.ts'
import { TABLE_KEYS, type TableName } from '../store/table-keys.ts'
import { bodyOf, invalidBody } from './json-body.ts'
import { type AdminRequest, type AdminRoute, get, missing, post } from './route.ts'

/**
 * The rows of ledgers that no program can open as a database, for `wechatpay-edge ledger export`. Reading them is an action: it is
 * recorded, and a caller that may only look (`GET /admin/**`) may not do it.
 */
export const ledgerRoutes: readonly AdminRoute[] = [
  get('/ledgers', [], listLedgers),
  post('/ledgers/rows', showRows, { readsBody: true }),
]

async function listLedgers({ c, context }: AdminRequest): Promise<Response> {
  const ledgers = context.namedLedgers()
  if (!ledgers.every(([, ledger]) => isSharded(ledger)))
    throw missing('The ledgers of this gateway are in a database: export it with --data.')
  const listed = ledgers.map(async ([name, ledger]) => ({ name, shards: (await partsOf(ledger)).length }))
  return c.json({ ledgers: await Promise.all(listed), tables: Object.keys(TABLE_KEYS) })
}

async function showRows(request: AdminRequest): Promise<Response> {
  const { c, context } = request
  // A browser adds the cookie of a session, or the assertion of Cloudflare Access, to the requests of any script of the console.
  if (!c.req.raw.headers.has('authorization'))
    throw new Refusal({
      status: 403,
      code: 'FORBIDDEN',
      detail:
        'Only a token reads the rows of a ledger, not a browser. Use wechatpay-edge ledger export with the token.',
    })
  const { ledger: name, shard, table, after } = fieldsOf(await bodyOf(request))
  const ledger = context.namedLedgers().find(named => named[0] === name)?.[1]
  if (!ledger || !Number.isInteger(shard) || (shard as number) < 0 || !isTable(table) || !isKeyOf(table, after))
    throw invalidBody(
      'The body must have ledger, shard and table of GET /admin/ledgers, and the "next" of a page as after.',
    )
  const page = await readRows(ledger, shard as number, table, after)
  if (!page) throw missing(`The ledger has no shard ${shard}.`)
  return c.json(page)
}

const isTable = (table: unknown): table is TableName => typeof table === 'string' && Object.hasOwn(TABLE_KEYS, table)

const isKeyOf = (table: TableName, key: unknown): key is readonly SqlValue[] | undefined =>
  key === undefined ||
  (Array.isArray(key) &&
    key.length === TABLE_KEYS[table].length &&
    key.every(value => typeof value === 'string' || typeof value === 'number'))
