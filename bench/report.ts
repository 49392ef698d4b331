import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Round } from './load.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'
import { STEP_CONTENDERS, type Step } from './micro.ts'

/** The aims: calls a second as a multiple of the plugin's, time a call as a multiple of the floor's. */
const RATE_AIM = 1.5
const TIME_AIM = 1.15

/** The rounds of each contender; ours and the floor are always among them. */
type Results = Record<string, Round[]>
const OURS = 'wechatpay-edge'
const PLUGIN = 'wechatpay-axios-plugin'

/** One call at a time, and 16. */
interface Races {
  serial: Results
  parallel: Results
}

/** @param busy the load of the machine before the benchmark began */
export function report({ v3, v2 }: { v3: Races; v2: Races }, steps: readonly Step[], busy: number): string {
  const rate = ratio(v3.parallel, 'rate', OURS, PLUGIN)
  const time = ratio(v3.serial, 'time', OURS, 'floor')
  const parallelTime = ratio(v3.parallel, 'time', OURS, 'floor')
  return `# Speed

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench\`.
Beside ${PEERS.map(name => `${name} ${versionOf(name)}`).join(', ')}.

One process against one local server over HTTP, the same order, the same keys; the contenders take turns. Medians of
${v3.serial.floor!.length} rounds; ratios are medians of the ratios within a round. Processor time counts all threads of the process. "ours, of it" is
wechatpay-edge's calls a second as a multiple of the row's: above 1 we are faster.

## APIv3, one call at a time

POST /v3/pay/transactions/native. The floor is a bare \`fetch\`, a bare \`subtle.sign\` and a bare \`subtle.verify\`. wechatpay-node-v3 verifies
no answer.

${raceTable(v3.serial)}

## APIv3, 16 calls at a time

${raceTable(v3.parallel)}

## APIv2, one call at a time

POST /pay/unifiedorder, MD5. The floor is a bare \`fetch\`, the MD5 of node:crypto, a template and a regular expression.

${raceTable(v2.serial)}

## APIv2, 16 calls at a time

${raceTable(v2.parallel)}

## The aims

${markdownTable(
  ['Aim, APIv3', 'Due', 'Measured', 'Holds'],
  [
    aim('Calls/s at 16, of wechatpay-axios-plugin', `≥ ${RATE_AIM} ×`, `${number(rate)} ×`, rate >= RATE_AIM),
    aim('Time a call at 1, of the floor', `≤ ${TIME_AIM} ×`, `${number(time)} ×`, time <= TIME_AIM),
    aim('The same at 16', `≤ ${TIME_AIM} ×`, `${number(parallelTime)} ×`, parallelTime <= TIME_AIM),
  ],
)}

## Steps of a call

Microseconds, medians; in brackets our time as a multiple of it: below 1 we are faster. "–": it has no such thing. The floor is bare WebCrypto, and
\`JSON\` (which rounds a uint64). Ours go through WebCrypto, whose work is done on another thread and leaves this one free; that takes longer a
step than the synchronous node:crypto of the others. A notification comes to ours as a \`Request\`, whose making and reading is counted; to the
others as a string and an object.

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
      ...others.map(other => {
        const theirs = times[other]
        return theirs === undefined ? '–' : `${number(theirs)} (${number(times[OURS] / theirs)} ×)`
      }),
    ]),
  )
}

function raceTable(results: Results): string {
  return markdownTable(
    ['', 'calls/s', 'ms a call', 'CPU ms a call', 'time, of the floor', 'ours, of it'],
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

const aim = (name: string, due: string, measured: string, holds: boolean) => [name, due, measured, holds ? 'yes' : 'NO']

const column = (rounds: readonly Round[], key: keyof Round): number[] => rounds.map(round => round[key])

const medians = (rounds: readonly Round[]): Round => ({
  rate: median(column(rounds, 'rate')),
  time: median(column(rounds, 'time')),
  cpu: median(column(rounds, 'cpu')),
})
