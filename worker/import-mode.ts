import { readBody } from '../src/gateway/body/read-body.ts'
import { createAuthenticate } from '../src/gateway/caller/authenticate.ts'
import { TOKEN_HASH } from '../src/gateway/caller/token.ts'
import { textOf } from '../src/gateway/config/variables.ts'
import { fieldsOf } from '../src/gateway/fields.ts'
import { createLog, type GatewayConfig, GatewayConfigurationError, readConfig } from '../src/gateway/index.ts'
import { callerLedger, GATEWAY_LEDGER } from '../src/gateway/ledgers.ts'
import { Refusal } from '../src/gateway/problem.ts'
import type { SqlRow } from '../src/gateway/store/sql.ts'
import { ledgerOfRow } from '../src/storage/transfer/ledger-of-row.ts'
import { findFlaw } from '../src/storage/transfer/row-flaw.ts'
import { PAGE, TABLES, type Table } from '../src/storage/transfer/tables.ts'
import { checkBindings } from './binding-checks.ts'
import type { Env } from './bindings.ts'
import type { ImportPage, ImportSteps } from './import-store.ts'
import { callObject, identify } from './ledger-calls.ts'
import type { ImportRefusal } from './ledger-rpc.ts'
import { LOCATION_VARIABLE, locationOf } from './location.ts'
import { objectName } from './sharded-ledgers.ts'

/** The secret with the hash of the token that imports. While it is set, the Worker does nothing else. */
const IMPORT_VARIABLE = 'LEDGER_IMPORT_TOKEN'
const PATH = '/admin/ledgers/import'
/** Bytes of a body. A row of a Durable Object has at most 2 MB, which may grow sixfold as JSON. */
const MAX_BYTES = 2 ** 24

// biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
const log = createLog({ level: 'warn', write: line => console.log(line) })

/** Returns whether the Worker only imports ledgers. */
export const isImportMode = (env: Env): boolean => textOf(env, IMPORT_VARIABLE) !== undefined

/**
 * Serves `wechatpay-edge ledger import --gateway`, and refuses every other request: what a gateway recorded meanwhile would be in a ledger
 * that must be empty, and what it has not got yet it would record again. An import can write any event, so it has a token of its own that
 * only whoever deploys the Worker can admit; the admin token is not enough.
 *
 * @throws {Refusal}
 * @throws {GatewayConfigurationError}
 * @throws {LedgerError}
 */
export async function serveImport(request: Request, env: Env): Promise<Response> {
  if (new URL(request.url).pathname !== PATH) throw importing()
  const hash = readHash(env)
  await authenticate(request, hash)
  const config = readConfig(env, {
    known: [LOCATION_VARIABLE],
    check(report) {
      locationOf(env, report)
      checkBindings(env, report)
    },
  })
  refuseSharedToken(hash, config)
  const ledgers = ledgersOf(config)
  if (request.method === 'GET') return Response.json({ ledgers })
  if (request.method !== 'POST')
    throw new Refusal({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      detail: 'Use GET or POST.',
      headers: { Allow: 'GET, POST' },
    })
  const { ledger, call } = readStep(await readJson(request), ledgers)
  const place = { name: objectName(ledger, 0), location: locationOf(env) }
  const result = await callObject(env.LEDGER, place, identify(call))
  const { importRefused } = Object(result) as Partial<ImportRefusal>
  if (importRefused)
    throw new Refusal({
      status: 409,
      code: importRefused.code,
      detail: `Ledger ${ledger}: ${importRefused.detail}. An import that cannot go on is given up by wechatpay-edge ledger abandon, which empties what it has begun.`,
    })
  const { method, args } = call
  const isRepetition = (method === 'beginImport' && result !== 1) || (method === 'abandonImport' && !result)
  const event = isRepetition ? undefined : LOGGED[method]
  if (event) log.warn(event, { id: args[0] as string, detail: ledger })
  return Response.json({ line: typeof result === 'number' ? result : null })
}

const LOGGED: Partial<Record<keyof ImportSteps, string>> = {
  beginImport: 'import begun',
  endImport: 'import ended',
  abandonImport: 'import abandoned',
}

const importing = (): Refusal =>
  new Refusal({
    status: 503,
    code: 'LEDGER_INCOMPLETE',
    detail: `The ledgers are being imported (${IMPORT_VARIABLE}), and nothing else is done meanwhile. Try again later.`,
    mayHaveTakenEffect: false,
    headers: { 'Retry-After': '60' },
  })

/** @throws {GatewayConfigurationError} the variable is no hash */
function readHash(env: Env): string {
  const hash = textOf(env, IMPORT_VARIABLE)!.trim().toLowerCase()
  if (TOKEN_HASH.test(hash)) return hash
  throw misconfigured('must be the hash of a token, sha256:…. Create both: npx wechatpay-edge token')
}

/** @throws {GatewayConfigurationError} a caller has the token, which may not write events */
function refuseSharedToken(hash: string, { callers }: Pick<GatewayConfig, 'callers'>): void {
  const holder = callers.find(({ credential }) => 'tokens' in credential && credential.tokens.includes(hash))
  if (holder)
    throw misconfigured(
      `is the hash of a token of the caller ${holder.name}. Create another token: npx wechatpay-edge token`,
    )
}

const misconfigured = (message: string): GatewayConfigurationError =>
  new GatewayConfigurationError([{ code: 'OPTION_INVALID', option: IMPORT_VARIABLE, message }])

/** @throws {Refusal} 401 `IMPORT_TOKEN_UNKNOWN` */
async function authenticate(request: Request, hash: string): Promise<void> {
  const identify = createAuthenticate([{ name: 'import', credential: { tokens: [hash] }, allow: [] }])
  await identify(request).catch(() => {
    throw new Refusal({
      status: 401,
      code: 'IMPORT_TOKEN_UNKNOWN',
      detail: `An import requires the token whose hash the Worker has as ${IMPORT_VARIABLE}. wechatpay-edge token creates both.`,
      headers: { 'WWW-Authenticate': 'Bearer' },
    })
  })
}

/** Lists the names of the ledgers that can have rows: only they are created. */
const ledgersOf = ({ merchants, callers }: GatewayConfig): readonly string[] => [
  ...merchants.map(({ mchid }) => mchid),
  ...callers.map(({ name }) => callerLedger(name)),
  GATEWAY_LEDGER,
]

interface Step {
  readonly ledger: string
  readonly call: { readonly method: keyof ImportSteps; readonly args: readonly unknown[] }
}

const METHODS: Readonly<Record<string, keyof ImportSteps>> = {
  check: 'checkImport',
  begin: 'beginImport',
  rows: 'importRows',
  end: 'endImport',
  abandon: 'abandonImport',
}

/** @throws {Refusal} 400 `BODY_INVALID` */
function readStep(body: unknown, ledgers: readonly string[]): Step {
  const { step, id, ledger, ...page } = fieldsOf(body)
  const method = typeof step === 'string' && Object.hasOwn(METHODS, step) ? METHODS[step] : undefined
  if (!method || typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id))
    throw invalid(`The body must have a step (${Object.keys(METHODS).join(', ')}) and the id of the export.`)
  if (typeof ledger !== 'string' || !ledgers.includes(ledger))
    throw invalid(`The body must have a ledger of GET ${PATH}.`)
  return { ledger, call: { method, args: method === 'importRows' ? [id, readPage(page, ledger)] : [id] } }
}

/** @throws {Refusal} 400 `BODY_INVALID` */
function readPage(page: Readonly<Record<string, unknown>>, ledger: string): ImportPage {
  const { table: name, rows, after, line } = page
  const table = TABLES.find(table => table.name === name)
  if (!table) throw invalid('The Worker does not know the table. Use the version of wechatpay-edge that is deployed.')
  if (!Array.isArray(rows) || rows.length > PAGE) throw invalid(`The body must have at most ${PAGE} rows.`)
  if (!isLine(after) || !isLine(line) || after >= line)
    throw invalid(
      'The body must have the lines of the last row of the ledger before these rows, and of the last of them.',
    )
  for (const row of rows) requireRow(table, row, ledger)
  return { table: table.name, rows: rows as SqlRow[], after, line }
}

const isLine = (line: unknown): line is number => Number.isSafeInteger(line) && (line as number) >= 1

function requireRow(table: Table, row: unknown, ledger: string): void {
  const flaw = findFlaw(table, row)
  if (flaw) throw invalid(`A row ${flaw.detail}. Use the version of wechatpay-edge that is deployed.`)
  if ((ledgerOfRow(table.name, row as SqlRow) ?? ledger) !== ledger)
    throw invalid(`A row of ${table.name} belongs to another ledger.`)
}

async function readJson(request: Request): Promise<unknown> {
  const bytes = await readBody(request, MAX_BYTES)
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw invalid('The body must be JSON.')
  }
}

const invalid = (detail: string): Refusal => new Refusal({ status: 400, code: 'BODY_INVALID', detail })
