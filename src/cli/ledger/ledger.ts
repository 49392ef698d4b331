import { nearestName } from '../../core/base/nearest-name.ts'
import type { Purpose } from '../../storage/transfer/ledger-database.ts'
import { type Command, usageError, type Values } from '../command.ts'
import { connectToAdmin, TOKEN_FILE_OPTION } from '../gateway/connection.ts'
import { ENV_OPTION, readEnvironment } from '../merchant.ts'
import type { Terminal } from '../terminal.ts'
import { withGatheredLedger } from './gather.ts'
import { abandonImport, importIntoWorker } from './import-into-worker.ts'
import { openLedgerDatabase } from './open.ts'
import { exportToFile, importFromFile, requireReplaceable, verifyFile } from './transfer.ts'

const ACTIONS = ['export', 'import', 'verify', 'abandon'] as const
type Action = (typeof ACTIONS)[number]

export const ledger: Command = {
  name: 'ledger',
  operands: 'export|import|verify <file>, or abandon',
  description: `Copies the ledger of a gateway to a file of JSON lines, and into another ledger: events with their webhook-id,
deliveries and their order, calls with their Idempotency-Key, watches. Stop the gateway first.`,
  options: [
    {
      name: 'data',
      value: '<ledger>',
      description: 'A file, or postgres://…. Default: GATEWAY_DATA, otherwise wechatpay-edge.db.',
    },
    {
      name: 'gateway',
      value: '<url>',
      description: 'The Worker at this address, in place of --data: export reads its ledgers, import writes them.',
    },
    {
      name: 'only-configured',
      description: 'Lets an import into a Worker leave out merchants and callers that it does not have.',
    },
    TOKEN_FILE_OPTION,
    { name: 'force', description: 'Lets export replace a file that exists.' },
    ENV_OPTION,
  ],
  epilogue: `For example:
  wechatpay-edge ledger export ledger.jsonl --data wechatpay-edge.db
  wechatpay-edge ledger export ledger.jsonl --gateway https://pay.example.com --token-file admin.token
  GATEWAY_DATA=postgres://… wechatpay-edge ledger import ledger.jsonl
  wechatpay-edge ledger import ledger.jsonl --gateway https://pay.example.com --token-file import.token
An export from a Worker that is interrupted continues when it is run again: ledger.jsonl.part has its rows until then.
An import requires an empty ledger. If it is interrupted, run it again: it continues.
A gateway refuses the ledger until the import has ended.
If it cannot end, abandon deletes what it has written to a Worker: wechatpay-edge ledger abandon --gateway https://…
A Worker imports while its secret LEDGER_IMPORT_TOKEN has the hash of the import's token, and does nothing else then.
verify only reads the file. Each line has a checksum, so that a change of the file is found at its line.
The file contains personal data: only you can read it (mode 600). Delete it when you are done.`,

  async run(values, terminal, operands) {
    const { action, file } = readOperands(operands)
    requireOneLedger(action, values)
    if (action === 'abandon') return abandonWorkerImport(values, terminal)
    if (action === 'verify') report(terminal, 'verified', file, await verifyFile(file, terminal.stopped))
    else if (values.gateway !== undefined)
      await (action === 'export' ? exportWorker : importWorker)(file, values, terminal)
    else await transfer(action, file, values, terminal)
  },
}

function readOperands([action, file, ...more]: readonly string[]): { action: Action; file: string } {
  const known = ACTIONS.find(candidate => candidate === action)
  if (!known) {
    const near = action === undefined ? undefined : nearestName(action, ACTIONS)
    throw usageError(
      near
        ? `${JSON.stringify(action!.slice(0, 80))} is nothing that ledger does. Is ${near} meant?`
        : `Say what to do: wechatpay-edge ledger export|import|verify <file>, or abandon.`,
    )
  }
  if (known === 'abandon') {
    if (file !== undefined) throw usageError('abandon takes no file, but --gateway.')
    return { action: known, file: '' }
  }
  if (file === undefined || more.length > 0)
    throw usageError(`Name one file: wechatpay-edge ledger ${known} ledger.jsonl.`)
  return { action: known, file }
}

/** @throws {CommandError} options that contradict each other */
function requireOneLedger(action: Action, { gateway, data, 'only-configured': onlyConfigured }: Values): void {
  if (onlyConfigured && (action !== 'import' || gateway === undefined))
    throw usageError('--only-configured is for an import into a Worker: import with --gateway.')
  if (action === 'abandon' && gateway === undefined)
    throw usageError(
      'abandon is for a Worker: give --gateway. An unfinished import into a file or a schema is deleted with it.',
    )
  if (gateway === undefined) return
  if (action === 'verify') throw usageError('verify only reads the file. Leave out --gateway.')
  if (data !== undefined) throw usageError('Give --gateway or --data: they are two ledgers.')
}

async function exportWorker(file: string, values: Values, terminal: Terminal): Promise<void> {
  await requireReplaceable(file, Boolean(values.force))
  const gateway = await connectToAdmin(values, terminal)
  const counts = await withGatheredLedger(gateway, file, terminal, database =>
    exportToFile(database, file, terminal.stopped),
  )
  report(terminal, 'exported', file, counts)
}

async function importWorker(file: string, values: Values, terminal: Terminal): Promise<void> {
  const onlyConfigured = Boolean(values['only-configured'])
  const gateway = await connectToAdmin(values, terminal)
  const counts = await importIntoWorker(gateway, file, { ...terminal, onlyConfigured })
  report(terminal, 'imported', file, counts)
  terminal.warn('Delete the secret LEDGER_IMPORT_TOKEN of the Worker now: until then it refuses everything else.')
}

async function abandonWorkerImport(values: Values, terminal: Terminal): Promise<void> {
  const gateway = await connectToAdmin(values, terminal)
  await abandonImport(gateway, terminal.stopped)
  terminal.print(
    'Abandoned. The ledgers of the configured merchants and callers in which an import had not ended are empty; all others are as they were.',
  )
}

async function transfer(action: Purpose, file: string, values: Values, terminal: Terminal): Promise<void> {
  const environment: NodeJS.Dict<string> = { ...(await readEnvironment(values)) }
  const data = (values.data as string | undefined) ?? environment.GATEWAY_DATA ?? 'wechatpay-edge.db'
  // Before the ledger is opened, because an import creates it, and one that is refused would leave it.
  if (action === 'import') await verifyFile(file, terminal.stopped)
  else await requireReplaceable(file, Boolean(values.force))
  const database = await openLedgerDatabase(data, action, terminal.warn)
  try {
    if (action === 'export') report(terminal, 'exported', file, await exportToFile(database, file, terminal.stopped))
    else {
      const { counts, continuedAfter } = await importFromFile(database, file, terminal)
      if (continuedAfter > 1) terminal.warn(`Continued after line ${continuedAfter}.`)
      report(terminal, 'imported', file, counts)
    }
  } finally {
    await database.close()
  }
}

function report({ print }: Terminal, done: string, file: string, counts: Readonly<Record<string, number>>): void {
  const shown = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
  print(`${file}: ${done}. Rows: ${shown.join(', ') || 'none'}.`)
}
