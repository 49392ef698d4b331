import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Round } from './load.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'
import { STEP_CONTENDERS, type Step } from './micro.ts'

/** A bound of a race: ours divided by the plugin's. */
interface Target {
  readonly api: 'v3' | 'v2'
  readonly race: keyof Races
  readonly key: 'rate' | 'cpu'
  readonly bound: number
}
const TARGETS: readonly Target[] = [
  { api: 'v3', race: 'serial', key: 'rate', bound: 1.15 },
  { api: 'v3', race: 'parallel', key: 'rate', bound: 2 },
  { api: 'v3', race: 'serial', key: 'cpu', bound: 0.85 },
  { api: 'v3', race: 'parallel', key: 'cpu', bound: 0.85 },
  { api: 'v2', race: 'serial', key: 'rate', bound: 1.3 },
  { api: 'v2', race: 'parallel', key: 'rate', bound: 1.8 },
]
/** Bound of the time of a received APIv3 notification, divided by the floor's. */
const NOTIFICATION_BOUND = 1.25

/** The rounds of each contender; `wechatpay-edge` and the floor are always included. */
type Results = Record<string, Round[]>
const OURS = 'wechatpay-edge'
const PLUGIN = 'wechatpay-axios-plugin'

/** Results with one call and with 16 calls at a time. */
interface Races {
  serial: Results
  parallel: Results
}

/** @param busy load average of the machine before the benchmark */
export function report({ v3, v2 }: { v3: Races; v2: Races }, steps: readonly Step[], busy: number): string {
  return `# Speed

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench\`.
Compared with ${PEERS.map(name => `${name} ${versionOf(name)}`).join(', ')}.

All contenders send the same order with the same keys from one process to one local server over HTTP, in turns. Values are medians of
${v3.serial.floor!.length} rounds, ratios are medians of the ratios within a round. Processor time counts all threads of the process. "ours ÷ row" is the
call rate of wechatpay-edge divided by that of the row: above 1, wechatpay-edge is faster.

## APIv3, one call at a time

POST /v3/pay/transactions/native. The floor is a bare \`fetch\`, a bare \`subtle.sign\` and a bare \`subtle.verify\`: what the web standards cost by
themselves. The Node adapter uses what is quicker on Node, so that it can be below. wechatpay-node-v3 does not verify responses.

${raceTable(v3.serial)}

## APIv3, 16 calls at a time

${raceTable(v3.parallel)}

## APIv2, one call at a time

POST /pay/unifiedorder, MD5. The floor is a bare \`fetch\`, the MD5 of node:crypto, a template and a regular expression; the Node adapter's calls do without \`fetch\`.

${raceTable(v2.serial)}

## APIv2, 16 calls at a time

${raceTable(v2.parallel)}

## Targets

${markdownTable(['wechatpay-edge ÷ wechatpay-axios-plugin', 'Bound', 'Measured', 'Holds'], [...TARGETS.map(row => rowOf(row, { v3, v2 })), notificationRow(steps)])}

## Steps of a call

Median microseconds; in brackets, the time of wechatpay-edge divided by this one: below 1, wechatpay-edge is faster. "–" means that the library has
no such step. The floor is bare WebCrypto, and \`JSON\` (which rounds a uint64). wechatpay-edge uses the \`crypto\` of its Node adapter. It receives a
notification as a \`Request\`, whose creation and reading are included; the others receive a string and an object.

${stepTable(steps)}
`
}

const PEERS = [PLUGIN, 'wechatpay-node-v3', 'tenpay']

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function stepTable(steps: readonly Step[]): string {
  const [, ...others] = STEP_CONTENDERS
  return markdownTable(
    ['Step', OURS, ...others],
    steps.map(({ name, times }) => [
      name,
      number(times[OURS]),
      ...others.map(contender => {
        const theirs = times[contender]
        return theirs === undefined ? '–' : `${number(theirs)} (${number(times[OURS] / theirs)} ×)`
      }),
    ]),
  )
}

function raceTable(results: Results): string {
  return markdownTable(
    ['', 'calls/s', 'ms per call', 'CPU ms per call', 'time ÷ floor', 'ours ÷ row'],
    Object.entries(results).map(([name, rounds]) => {
      const { rate, time, cpu } = medians(rounds)
      const ofFloor = ratio(results, 'time', name, 'floor')
      const ours = ratio(results, 'rate', OURS, name)
      return [name, number(rate), number(time), number(cpu), `${number(ofFloor)} ×`, `${number(ours)} ×`]
    }),
  )
}

const ratio = (results: Results, key: keyof Round, name: string, to: string): number =>
  medianRatio(column(results[name]!, key), column(results[to]!, key))

function rowOf({ api, race, key, bound }: Target, races: Record<'v3' | 'v2', Races>): string[] {
  const measured = ratio(races[api][race], key, OURS, PLUGIN)
  const what = key === 'rate' ? 'calls/s' : 'processor time per call'
  const name = `API${api}, ${race === 'serial' ? 'one call' : '16 calls'} at a time: ${what}`
  return key === 'rate'
    ? [name, `≥ ${bound} ×`, `${number(measured)} ×`, yesOrNo(measured >= bound)]
    : [name, `≤ ${bound} ×`, `${number(measured)} ×`, yesOrNo(measured <= bound)]
}

function notificationRow(steps: readonly Step[]): string[] {
  const { times } = steps.find(({ name }) => name === 'receive APIv3 notification')!
  const measured = times[OURS] / times.floor!
  const name = 'receive an APIv3 notification: time ÷ floor'
  return [name, `≤ ${NOTIFICATION_BOUND} ×`, `${number(measured)} ×`, yesOrNo(measured <= NOTIFICATION_BOUND)]
}

const yesOrNo = (holds: boolean): string => (holds ? 'yes' : 'NO')

const column = (rounds: readonly Round[], key: keyof Round): number[] => rounds.map(round => round[key])

const medians = (rounds: readonly Round[]): Round => ({
  rate: median(column(rounds, 'rate')),
  time: median(column(rounds, 'time')),
  cpu: median(column(rounds, 'cpu')),
})
