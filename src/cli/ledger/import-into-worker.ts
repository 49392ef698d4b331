import type { SqlRow } from '../../gateway/store/sql.ts'
import { shortenWaits } from '../../storage/transfer/columns.ts'
import { ledgerOfRow, STATE_TABLES } from '../../storage/transfer/ledger-of-row.ts'
import { type Counts, type RowLine, readLines } from '../../storage/transfer/lines.ts'
import { createRowSet, type RowSet } from '../../storage/transfer/row-set.ts'
import { PAGE, type Table } from '../../storage/transfer/tables.ts'
import { CommandError } from '../command.ts'
import { type AdminConnection, GatewayError } from '../gateway/connection.ts'
import type { Terminal } from '../terminal.ts'
import { repeat } from './repeat.ts'
import { linesOf, requireReadable, requireRunning } from './transfer.ts'

const PATH = '/admin/ledgers/import'
/** Characters of the rows of a page, after which no row is added. */
const MAX_PAGE_LENGTH = 2 ** 18
/**
 * Bytes of the values of a row of a Durable Object, with room for what SQLite adds.
 *
 * @see https://developers.cloudflare.com/durable-objects/platform/limits/
 */
const MAX_ROW_BYTES = 2_000_000 - 1_000
/** Milliseconds between two lines of progress. */
const REPORT_EVERY = 5_000
/** Names that an error shows. */
const MAX_NAMES = 10
const CONTINUES = 'Run the same command again: it continues.'

export interface WorkerImportOptions extends Pick<Terminal, 'warn' | 'stopped'> {
  /** Leaves out rows of merchants and callers that the Worker does not have. */
  readonly onlyConfigured: boolean
}

/** The rows that wait to be sent to a ledger, all of one table. */
interface Page {
  readonly table: Table
  readonly rows: SqlRow[]
  length: number
  line: number
}

/**
 * Imports a file into the empty ledgers of a Worker, or continues the import of it: each row into the ledger of its merchant or caller.
 *
 * @returns the number of rows of each table that were imported, now or before
 * @throws {CommandError} the file cannot be read, the Worker does not import, or has not all merchants and callers of the file; the
 * command was stopped
 * @throws {GatewayError}
 * @throws {LedgerFileError}
 */
export async function importIntoWorker(
  gateway: AdminConnection,
  file: string,
  { warn, stopped, onlyConfigured }: WorkerImportOptions,
): Promise<Counts> {
  await requireReadable(file)
  const { id, named, needed } = await readNames(file, stopped)
  const ledgers = await readLedgers(gateway, stopped)
  const missing = needed.filter(name => !ledgers.includes(name))
  if (missing.length > 0 && !onlyConfigured) throw unconfigured(missing)
  const used = named.filter(name => ledgers.includes(name))
  const send = createSender(gateway, id, stopped)

  // All of them before the first is written to: one that has rows already would leave the others half imported.
  for (const ledger of used) await send('check', ledger)
  const done = new Map<string, number>()
  try {
    for (const ledger of used) done.set(ledger, (await send('begin', ledger)).line)
  } catch (error) {
    // A gateway was still running and has recorded something since the check: the others must not stay half imported.
    if (error instanceof GatewayError && error.code === 'LEDGER_NOT_EMPTY')
      for (const [ledger, line] of done) if (line === 1) await send('abandon', ledger).catch(() => {})
    throw error
  }

  const counts: Record<string, number> = {}
  /** The last line of each ledger that was sent. */
  const sent = new Map(done)
  const pages = new Map<string, Page>()
  const ledgerOf = createLedgerFinder()
  let line = 0
  let reportedAt = Date.now()

  async function flush(ledger: string): Promise<void> {
    const page = pages.get(ledger)
    if (!page) return
    pages.delete(ledger)
    await send('rows', ledger, { table: page.table.name, rows: page.rows, after: sent.get(ledger), line: page.line })
    sent.set(ledger, page.line)
    if (Date.now() - reportedAt < REPORT_EVERY) return
    reportedAt = Date.now()
    warn(`${line} lines of ${file} are imported.`)
  }

  async function add(ledger: string, { table, row }: RowLine): Promise<void> {
    const waiting = pages.get(ledger)
    if (waiting && (waiting.table !== table || waiting.rows.length === PAGE || waiting.length >= MAX_PAGE_LENGTH))
      await flush(ledger)
    const page = pages.get(ledger) ?? { table, rows: [], length: 0, line }
    page.rows.push(shortenWaits(table.columns, row, Date.now()))
    page.length += JSON.stringify(row).length
    page.line = line
    pages.set(ledger, page)
  }

  for await (const content of readLines(linesOf(file))) {
    line++
    if (content.kind !== 'row') continue
    const ledger = ledgerOf(content.row)
    if (ledger === undefined || !done.has(ledger)) continue
    const { name } = content.row.table
    counts[name] = (counts[name] ?? 0) + 1
    if (line > done.get(ledger)!) await add(ledger, content.row)
  }
  for (const ledger of used) await flush(ledger)
  for (const ledger of used) await send('end', ledger)
  return counts
}

/**
 * Reads the whole file, and throws if anything in it is wrong, or too large for a Worker.
 *
 * @returns the id of the export, the ledgers that have rows in it, and among them those that have more than the state of a gateway
 */
async function readNames(
  file: string,
  stopped: AbortSignal,
): Promise<{ readonly id: string; readonly named: readonly string[]; readonly needed: readonly string[] }> {
  let id = ''
  const named = new Set<string>()
  const needed = new Set<string>()
  let line = 0
  for await (const content of readLines(linesOf(file))) {
    line++
    requireRunning(file, stopped)
    if (content.kind === 'header') id = content.header.id
    if (content.kind !== 'row') continue
    const { table, row } = content.row
    const bytes = bytesOf(row)
    if (bytes > MAX_ROW_BYTES)
      throw new CommandError(
        `line ${line}: the row of ${table.name} has ${bytes} bytes, and one of a Worker at most ${MAX_ROW_BYTES}. Nothing was imported; import the file into SQLite or PostgreSQL.`,
      )
    const ledger = ledgerOfRow(table.name, row)
    if (ledger === undefined) continue
    named.add(ledger)
    if (!STATE_TABLES.includes(table.name)) needed.add(ledger)
  }
  return { id, named: [...named], needed: [...needed] }
}

const bytesOf = (row: SqlRow): number =>
  Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 8), 0)

/** Creates a function that returns the ledger of each row of a file: that of an attempt is where its delivery is. */
function createLedgerFinder(): (line: RowLine) => string | undefined {
  const deliveries = new Map<string, RowSet>()
  return ({ table, row }) => {
    const ledger = ledgerOfRow(table.name, row)
    if (ledger === undefined) return [...deliveries].find(([, rows]) => rows.has(row.delivery as number))?.[0]
    if (table.name === 'delivery') {
      const rows = deliveries.get(ledger) ?? createRowSet()
      rows.add(row.id as number)
      deliveries.set(ledger, rows)
    }
    return ledger
  }
}

/**
 * Gives up an import into a Worker: deletes what it has written to each ledger in which it has not ended.
 *
 * @throws {CommandError} the Worker does not import, or the command was stopped
 * @throws {GatewayError}
 */
export async function abandonImport(gateway: AdminConnection, stopped: AbortSignal): Promise<void> {
  const send = createSender(gateway, 'abandoned', stopped)
  for (const ledger of await readLedgers(gateway, stopped)) await send('abandon', ledger)
}

type Send = (step: string, ledger: string, page?: object) => Promise<{ readonly line: number }>

/** Creates a function that sends a step, and repeats it while the Worker cannot be reached or does not import. */
const createSender =
  (gateway: AdminConnection, id: string, stopped: AbortSignal): Send =>
  (step, ledger, page = {}) =>
    repeat(
      () =>
        gateway.post(PATH, { step, id, ledger, ...page }).catch(error => {
          throw isNotImporting(error) ? importsNoLonger(gateway.url) : error
        }),
      { advice: CONTINUES, stopped },
    )

/** The errors of a gateway that is reached, and does not import. */
const NOT_IMPORTING: readonly string[] = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'FORBIDDEN', 'NOT_FOUND']

const isNotImporting = (error: unknown): boolean => error instanceof GatewayError && NOT_IMPORTING.includes(error.code)

/** The secret may still be spreading, so that the step is repeated first. */
const importsNoLonger = (url: string): GatewayError =>
  new GatewayError(
    'LEDGER_INCOMPLETE',
    `${url} does not import any more. Ledgers in which the import has begun and not ended refuse everything. Set LEDGER_IMPORT_TOKEN again.`,
    503,
  )

/**
 * Lists the ledgers of a Worker that imports.
 *
 * @throws {CommandError} the gateway does not import
 */
async function readLedgers(gateway: AdminConnection, stopped: AbortSignal): Promise<readonly string[]> {
  const found = await repeat(() => gateway.get(PATH), { advice: CONTINUES, stopped }).catch(error => {
    throw isNotImporting(error) ? notImporting(gateway.url) : error
  })
  const { ledgers } = Object(found) as { ledgers?: unknown }
  if (!Array.isArray(ledgers)) throw notImporting(gateway.url)
  return ledgers
}

const notImporting = (url: string): CommandError =>
  new CommandError(
    `${url} does not import. Set the secret LEDGER_IMPORT_TOKEN of the Worker to the hash that wechatpay-edge token prints, deploy, and give the token itself with --token-file. A gateway with a database imports with --data.`,
  )

function unconfigured(missing: readonly string[]): CommandError {
  const shown = missing.slice(0, MAX_NAMES).join(', ')
  const more = missing.length > MAX_NAMES ? ` and ${missing.length - MAX_NAMES} more` : ''
  return new CommandError(
    `The file has rows of ${shown}${more}, which the Worker does not have. Configure these merchants and callers, or leave their rows out with --only-configured. Nothing was imported.`,
  )
}
