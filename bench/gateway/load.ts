// npm run load: a gateway under load, and one that is killed under load. Fails if an event is lost, duplicated or
// forged. npm run load -- --worker: the Worker in workerd under load. npm run load -- --storage postgres --processes 4:
// several gateways that share a PostgreSQL, and again with a tenth of the notifications over a bad network, or with as many as --far says. A
// number is that of the notifications: npm run load -- 50000.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { runKilled } from '../../test/load/killed.ts'
import { runLoad } from '../../test/load/run.ts'
import { markdownTable, number } from '../markdown.ts'
import { claimsOf, yes } from './load-claims.ts'
import { loadDistributed } from './load-distributed.ts'
import { WORKER } from './load-worker.ts'

const { values, positionals } = parseArgs({
  options: {
    worker: { type: 'boolean' },
    storage: { type: 'string' },
    processes: { type: 'string' },
    far: { type: 'string' },
  },
  allowPositionals: true,
})
const isWorker = values.worker === true
const COUNT = readCount('The number of notifications', positionals[0], isWorker ? 5_000 : 20_000)
const [COUNT_KILLED, KILLS] = [2_000, 5]

if (values.storage === 'postgres') {
  const processes = readCount('--processes', values.processes, 4)
  // Each takes long over the bad network.
  const farCount = readCount('--far', values.far, Math.ceil(COUNT / 10))
  process.exit((await loadDistributed({ count: COUNT, farCount, processes })) ? 0 : 1)
}
if (values.storage !== undefined) throw new Error('--storage must be postgres; without it the ledger is a file.')
if (values.far !== undefined) throw new Error('--far requires --storage postgres: a file is behind no network.')

const busy = loadavg()[0]!
const load = await runLoad(COUNT, isWorker ? WORKER : undefined)
const killed = isWorker ? undefined : await runKilled(COUNT_KILLED, KILLS)

const { recorded, duplicate, forged, probe, stale } = load.ledger.notifications
const counted: [string, boolean] = [
  'the counters are correct',
  recorded === load.mix.genuine.length &&
    duplicate === load.mix.duplicates &&
    forged! + probe! + stale! === load.mix.forged.length &&
    load.ledger.attempts.failed === load.shop.failures(),
]
const ofLoad = [...claimsOf(load), counted]
const ofKilled = killed && claimsOf(killed)
const { answered, delivered, cpu } = load.times
const rows = ofLoad.map(([name, holds], at) => [
  name,
  yes(holds),
  ...(ofKilled ? [ofKilled[at] ? yes(ofKilled[at][1]) : '–'] : []),
])

const runtime = isWorker ? 'workerd' : `Node ${process.version}`
const endpoint = isWorker ? 'fails one request in twenty, but each event at most once' : 'fails every other request'
const gateway = isWorker
  ? 'The gateway is the deployed Worker with its Durable Objects and its queue'
  : 'The gateway is a process with a ledger file'
const aboutKilled = killed
  ? `
Killed: ${number(COUNT_KILLED)} such notifications to \`wechatpay-edge serve\`, which is killed ${KILLS} times (SIGKILL) and restarted on the same file.
${number(killed.unanswered)} requests got no response and were sent again.
`
  : ''

const report = `# The ${isWorker ? 'Worker' : 'gateway'} under load

${new Date().toISOString().slice(0, 10)}, ${runtime}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run load${isWorker ? ' -- --worker' : ''}\`.

${number(COUNT)} notifications over HTTP, 64 at a time: ${number(load.mix.duplicates)} duplicates with new signatures; ${number(load.mix.forged.length)} forged ones (tampered, wrong key, probes,
stale); every twentieth of the rest is a refund of an earlier payment. The endpoint ${endpoint}, with HTTP 500 or a closed
connection: ${number(load.shop.failures())} failures. ${gateway}; WeChat Pay is simulated with node:crypto.
${aboutKilled}
${markdownTable(['', 'under load', ...(killed ? ['killed'] : [])], rows)}

All responses arrived after ${number(answered / 1000)} s (${number((COUNT / answered) * 1000)} per second), all deliveries after ${number(delivered / 1000)} s. The gateway used ${number(cpu / 1000)} s of processor time,
including deliveries and their failures.
`
console.log(report)
await writeFile(new URL(isWorker ? '../gateway-load-worker.md' : '../gateway-load.md', import.meta.url), report)
if ([...ofLoad, ...(ofKilled ?? [])].some(([, holds]) => !holds)) process.exitCode = 1

function readCount(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${name} must be a positive whole number, not ${text}.`)
  return Number(text)
}
