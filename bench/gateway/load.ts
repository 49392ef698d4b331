// npm run load: a gateway under load, and one that is killed under it. Fails where something is lost, doubled or forged.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { runKilled } from '../../test/load/killed.ts'
import { refundsOf } from '../../test/load/overtaken.ts'
import { runLoad } from '../../test/load/run.ts'
import { markdownTable, number } from '../markdown.ts'

const COUNT = Number(process.argv[2] ?? 20_000)
const [COUNT_KILLED, KILLS] = [2_000, 5]

const busy = loadavg()[0]!
const load = await runLoad(COUNT)
const killed = await runKilled(COUNT_KILLED, KILLS)

type Run = Pick<typeof load, 'mix' | 'statuses' | 'shop' | 'ledger'>

/** What has to hold of either. */
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
const [ofLoad, ofKilled] = [[...claims(load), counted], claims(killed)]
const { answered, delivered, cpu } = load.times
const rows = ofLoad.map(([name, holds], at) => [name, yes(holds), ofKilled[at] ? yes(ofKilled[at][1]) : '–'])

const report = `# The gateway under load

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run load\`.

${number(COUNT)} notifications over HTTP, 64 at any time: ${number(load.mix.duplicates)} repeated, signed anew; ${number(load.mix.forged.length)} forged (tampered, by a wrong key, probes,
stale); one in twenty of the others a refund of a payment before it. The endpoint fails every other time, with HTTP 500 or by cutting the
connection: ${number(load.shop.failures())} failures. The gateway is a process, the ledger a file; WeChat Pay's side is node:crypto.

The other: ${number(COUNT_KILLED)} such notifications to \`wechatpay-edge serve\`, which is killed ${KILLS} times (SIGKILL) and started again on its file.
${number(killed.unanswered)} sendings were not answered, and made again.

${markdownTable(['', 'under load', 'killed'], rows)}

All were answered after ${number(answered / 1000)} s (${number((COUNT / answered) * 1000)} a second), delivered after ${number(delivered / 1000)} s, for ${number(cpu / 1000)} s of the gateway's processor time, its deliveries and
their failures included.
`
console.log(report)
await writeFile(new URL('../gateway-load.md', import.meta.url), report)
if ([...ofLoad, ...ofKilled].some(([, holds]) => !holds)) process.exitCode = 1

function yes(holds: boolean): string {
  return holds ? 'yes' : 'NO'
}
