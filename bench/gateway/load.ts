// npm run load: a gateway under load, and one that is killed under it. Fails where something is lost, doubled or forged.
// npm run load -- --worker: the Worker in workerd under load.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { runKilled } from '../../test/load/killed.ts'
import { refundsOf } from '../../test/load/overtaken.ts'
import { runLoad } from '../../test/load/run.ts'
import { markdownTable, number } from '../markdown.ts'
import { WORKER } from './load-worker.ts'

const { values, positionals } = parseArgs({ options: { worker: { type: 'boolean' } }, allowPositionals: true })
const isWorker = values.worker === true
const COUNT = Number(positionals[0] ?? (isWorker ? 5_000 : 20_000))
const [COUNT_KILLED, KILLS] = [2_000, 5]

const busy = loadavg()[0]!
const load = await runLoad(COUNT, isWorker ? WORKER : undefined)
const killed = isWorker ? undefined : await runKilled(COUNT_KILLED, KILLS)

type Run = Pick<typeof load, 'mix' | 'statuses' | 'shop' | 'ledger'>

/** Lists the claims that must hold for both kinds of deployment. */
function claims({ mix, statuses, shop, ledger }: Run): [name: string, holds: boolean][] {
  const ids = JSON.stringify(mix.genuine.map(({ id }) => id).sort())
  const acknowledged = [...shop.seen].filter(([, { acknowledged }]) => acknowledged !== undefined).map(([id]) => id)
  return [
    [
      'each genuine one answered 204, each forged one 401',
      mix.sendings.every(({ flaw }, at) => statuses[at] === (flaw ? 401 : 204)),
    ],
    ['each genuine one recorded once, no forged one', JSON.stringify(ledger.events) === ids],
    [
      'each genuine one delivered, no forged one',
      JSON.stringify(acknowledged.sort()) === ids && shop.seen.size === mix.genuine.length,
    ],
    ['one delivery each, all of them over', ledger.odd === 0 && ledger.deliveries.delivered === mix.genuine.length],
    ['no refund tried before its payment had arrived', refundsOf(mix, shop).overtaken.length === 0],
    ['nothing else sent to the endpoint', shop.wrong.length === 0],
  ]
}

const { recorded, duplicate, forged, probe, stale } = load.ledger.notifications
const counted: [string, boolean] = [
  'the counters agree',
  recorded === load.mix.genuine.length &&
    duplicate === load.mix.duplicates &&
    forged! + probe! + stale! === load.mix.forged.length &&
    load.ledger.attempts.failed === load.shop.failures(),
]
const [ofLoad, ofKilled] = [[...claims(load), counted], killed && claims(killed)]
const { answered, delivered, cpu } = load.times
const rows = ofLoad.map(([name, holds], at) => [
  name,
  yes(holds),
  ...(ofKilled ? [ofKilled[at] ? yes(ofKilled[at][1]) : '–'] : []),
])

const runtime = isWorker ? 'workerd' : `Node ${process.version}`
const endpoint = isWorker ? 'fails one request in twenty, and each event once at most' : 'fails every other time'
const gateway = isWorker
  ? 'The gateway is the Worker as it is deployed, with its Durable Objects and its queue'
  : 'The gateway is a process, the ledger a file'
const aboutKilled = killed
  ? `
The other: ${number(COUNT_KILLED)} such notifications to \`wechatpay-edge serve\`, which is killed ${KILLS} times (SIGKILL) and started again on its file.
${number(killed.unanswered)} sendings were not answered, and made again.
`
  : ''

const report = `# The ${isWorker ? 'Worker' : 'gateway'} under load

${new Date().toISOString().slice(0, 10)}, ${runtime}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run load${isWorker ? ' -- --worker' : ''}\`.

${number(COUNT)} notifications over HTTP, 64 at any time: ${number(load.mix.duplicates)} repeated, signed anew; ${number(load.mix.forged.length)} forged (tampered, by a wrong key, probes,
stale); one in twenty of the others a refund of a payment before it. The endpoint ${endpoint}, with HTTP 500 or by cutting the
connection: ${number(load.shop.failures())} failures. ${gateway}; WeChat Pay's side is node:crypto.
${aboutKilled}
${markdownTable(['', 'under load', ...(killed ? ['killed'] : [])], rows)}

All were answered after ${number(answered / 1000)} s (${number((COUNT / answered) * 1000)} a second), delivered after ${number(delivered / 1000)} s, for ${number(cpu / 1000)} s of the gateway's processor time, its deliveries and
their failures included.
`
console.log(report)
await writeFile(new URL(isWorker ? '../gateway-load-worker.md' : '../gateway-load.md', import.meta.url), report)
if ([...ofLoad, ...(ofKilled ?? [])].some(([, holds]) => !holds)) process.exitCode = 1

function yes(holds: boolean): string {
  return holds ? 'yes' : 'NO'
}
