import { lstat, mkdir, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { SqlRow, SqlValue } from '../../gateway/store/sql.ts'
import type { TableName } from '../../gateway/store/table-keys.ts'
import { type Draft, gatheredColumns, openDraft, type Source } from '../../storage/transfer/draft.ts'
import type { LedgerDatabase } from '../../storage/transfer/ledger-database.ts'
import { isUniqueViolation } from '../../storage/transfer/sqlite-dialect.ts'
import { CommandError } from '../command.ts'
import { fileError } from '../file.ts'
import type { AdminConnection } from '../gateway/connection.ts'
import type { Terminal } from '../terminal.ts'
import { repeat } from './repeat.ts'

/** The database of a draft, and the files that SQLite keeps beside it. */
const DRAFT = 'ledger.db'
const DRAFT_FILES: readonly string[] = [DRAFT, `${DRAFT}-wal`, `${DRAFT}-shm`, `${DRAFT}-journal`]
/** Milliseconds between two lines of progress. */
const REPORT_EVERY = 5_000

/**
 * The tables in the order in which they are read. A gateway that records meanwhile ends a watch with an event: with the watches read
 * first, an export may lack an event that is recorded after its begin, but then it has the watch that finds it out again. Of an order
 * that was placed after that it has neither, as the rows that are counted at the end tell.
 */
const ORDER: readonly TableName[] = [
  'watch',
  'call',
  'event',
  'delivery',
  'attempt',
  'circuit',
  'counter',
  'fault',
  'rate_bucket',
  'sweep_run',
]
/** The tables whose later rows an export lacks. Of calls only those with a key count: the pages of the export are calls too. */
const GROWING: readonly TableName[] = ['event', 'call', 'watch']
/** Pages of later rows that are counted of a table. */
const MAX_LATER_PAGES = 20
/** Columns that only the gateway itself has a use for: the call that was the last to add to a sum. */
const LEFT_OUT: Partial<Record<TableName, readonly string[]>> = { counter: ['last_call'] }

/** The response to `GET /admin/ledgers`. */
interface Listed {
  readonly ledgers: readonly { readonly name: string; readonly shards: number }[]
  readonly tables: readonly string[]
}

interface Page {
  readonly rows: readonly SqlRow[]
  readonly next: readonly SqlValue[] | null
}

/**
 * Gathers the ledgers of a gateway in a draft beside the file, composes one ledger of them, and passes it on. The draft stays if this is
 * interrupted, so that the same command continues; it is deleted when `use` has ended.
 *
 * @param file the file that is to be written
 * @throws {CommandError} the gateway has another version; the draft is of another gateway, or cannot be used; the command was stopped
 * @throws {GatewayError}
 */
export async function withGatheredLedger<T>(
  gateway: AdminConnection,
  file: string,
  { warn, stopped }: Pick<Terminal, 'warn' | 'stopped'>,
  use: (database: LedgerDatabase) => Promise<T>,
): Promise<T> {
  const folder = `${file}.part`
  const advice = `What was read is in ${folder}: run the same command again, which continues, or delete the folder.`
  const ask = <Result>(request: () => Promise<unknown>) => repeat<Result>(request, { advice, stopped })
  // Before the draft is created: the token may be wrong, or the gateway another one.
  const listed = requireTables((await gateway.get('/admin/ledgers')) as Listed)
  const hasDraft = await makeDraftFolder(folder)
  const draft = await openDraft(join(folder, DRAFT), warn)
  let isWorthKeeping = hasDraft
  try {
    if (hasDraft && !draft.origin)
      throw new CommandError(`${join(folder, DRAFT)} is no unfinished export. Remove it, or name another file.`)
    if (draft.origin && draft.origin.url !== gateway.url)
      throw new CommandError(
        `${folder} is the unfinished export of ${draft.origin.url}. Delete the folder, or name another file.`,
      )
    if (draft.origin)
      warn(
        `Continues the export that began at ${new Date(draft.origin.at).toISOString()}: rows that were read then are not read again. If the gateway has had traffic since, delete ${folder} for a move, and begin again.`,
      )
    else draft.begin(gateway.url, Date.now())
    const readPage = async (source: Source, table: TableName, after: readonly SqlValue[] | undefined) => {
      const query = { ...source, table, ...(after && { after }) }
      const page = checkPage(table, await ask<Page>(() => gateway.post('/admin/ledgers/rows', query)))
      isWorthKeeping = true
      return page
    }
    const later = await gather(draft, { listed, readPage, list: () => ask(() => gateway.get('/admin/ledgers')), warn })
    if (later > 0)
      warn(
        `Events, watches and calls with a key that the gateway has added since the export began, and that the file lacks: ${later} or more. For a move, stop the traffic of the gateway and export again.`,
      )
    const database = await draft.compose().catch(error => {
      throw isUniqueViolation(error) ? replacedRows(folder) : error
    })
    const result = await use(database)
    isWorthKeeping = false
    return result
  } finally {
    await draft.close()
    if (!isWorthKeeping) await removeDraft(folder)
  }
}

interface Gathering {
  readonly listed: Listed
  readonly readPage: (source: Source, table: TableName, after: readonly SqlValue[] | undefined) => Promise<Page>
  readonly list: () => Promise<Listed>
  readonly warn: (line: string) => void
}

/**
 * Reads all tables of all objects, also of those that a ledger gets meanwhile.
 *
 * @returns the events, calls and watches that were added since, as far as they were counted
 */
async function gather(draft: Draft, { listed, readPage, list, warn }: Gathering): Promise<number> {
  let reportedAt = Date.now()
  let read = 0
  async function readTable(source: Source, table: TableName): Promise<void> {
    for (let { after, isComplete } = draft.position(source, table); !isComplete; ) {
      const { rows, next } = await readPage(source, table, after)
      draft.add(source, table, rows, next ?? undefined)
      after = next ?? undefined
      isComplete = next === null
      read += rows.length
      if (Date.now() - reportedAt < REPORT_EVERY) continue
      reportedAt = Date.now()
      warn(`${read} rows are read.`)
    }
  }
  let sources: readonly Source[] = []
  for (let found = sourcesOf(listed); found.length > sources.length; found = sourcesOf(await list())) {
    sources = found
    for (const table of ORDER) for (const source of sources) await readTable(source, table)
  }
  let later = 0
  for (const table of GROWING)
    for (const source of sources) {
      let { after } = draft.position(source, table)
      for (let page = 0; page < MAX_LATER_PAGES; page++) {
        const { rows, next } = await readPage(source, table, after)
        later += rows.filter(row => table !== 'call' || row.key !== null).length
        if (next === null) break
        after = next
      }
    }
  return later
}

const sourcesOf = ({ ledgers }: Listed): readonly Source[] =>
  ledgers.flatMap(({ name, shards }) => Array.from({ length: shards }, (_, shard) => ({ ledger: name, shard })))

/** @throws {CommandError} the gateway has other tables */
function requireTables(listed: Listed): Listed {
  const { tables, ledgers } = Object(listed) as Partial<Listed>
  const isList = Array.isArray(tables) && Array.isArray(ledgers)
  if (!isList || [...tables].sort().join() !== [...ORDER].sort().join()) throw otherVersion('tables')
  return listed
}

/** @throws {CommandError} the rows have other columns, or values that no column has */
function checkPage(table: TableName, page: Page): Page {
  const columns = [...gatheredColumns(table), ...(LEFT_OUT[table] ?? [])].sort().join()
  const { rows, next } = Object(page) as Partial<Page>
  // A page without rows that is not the last would be read for ever.
  const isPage = Array.isArray(rows) && (next === null || (isKey(next) && rows.length > 0))
  if (!isPage || rows.some(row => Object.keys(Object(row)).sort().join() !== columns))
    throw otherVersion(`rows of ${table}`)
  if (!rows.every(row => Object.values(row).every(isSqlValue))) throw otherVersion(`values of ${table}`)
  return page
}

const isSqlValue = (value: unknown): value is SqlValue =>
  value === null || typeof value === 'string' || typeof value === 'number'

const isKey = (next: unknown): boolean => Array.isArray(next) && next.length > 0 && next.every(isSqlValue)

const otherVersion = (what: string): CommandError =>
  new CommandError(
    `The gateway has other ${what} than this program. Use the version of wechatpay-edge that is deployed.`,
  )

const replacedRows = (folder: string): CommandError =>
  new CommandError(
    `The gateway has deleted rows and recorded them anew while they were read. Stop its traffic, delete ${folder} and export again.`,
  )

/** Creates the folder of the draft, in which nobody else can put a link to another file, or takes the one of an earlier run. Returns whether it has a draft. */
async function makeDraftFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 })
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw fileError('create the folder', folder, error as NodeJS.ErrnoException)
    const found = await lstat(folder)
    const isOwn = process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o077) === 0)
    const names = found.isDirectory() && isOwn ? await readdir(folder) : undefined
    if (!names?.every(name => DRAFT_FILES.includes(name)))
      throw new CommandError(
        `${folder} is no folder of an unfinished export, which only you can access and which has nothing else in it. Remove it, or name another file.`,
      )
    return names.includes(DRAFT)
  }
}

/** Deletes the files of a draft and its folder, and nothing that somebody else has put there. */
async function removeDraft(folder: string): Promise<void> {
  for (const name of DRAFT_FILES) await rm(join(folder, name), { force: true })
  await rmdir(folder).catch(() => {})
}
