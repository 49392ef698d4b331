import { cpus } from 'node:os'
import type { Round } from './load.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'
import type { Step } from './micro.ts'

/** The aims: calls a second as a multiple of the plugin's, time a call as a multiple of the floor's. */
const RATE_AIM = 1.5
const TIME_AIM = 1.15

export type Results = Record<Contender, Round[]>
type Contender = 'wechatpay-edge' | 'wechatpay-axios-plugin' | 'floor'

/** @param busy the load of the machine before the benchmark began */
export function report(serial: Results, parallel: Results, steps: readonly Step[], busy: number): string {
  const rate = ratio(parallel, 'rate', 'wechatpay-edge', 'wechatpay-axios-plugin')
  const time = ratio(serial, 'time', 'wechatpay-edge', 'floor')
  const parallelTime = ratio(parallel, 'time', 'wechatpay-edge', 'floor')
  return `# Speed

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench\`.

One process against one local server, the same order (POST /v3/pay/transactions/native), the same keys; the contenders take
turns. Medians of ${serial.floor.length} rounds; ratios are medians of the ratios within a round. The floor is a bare \`fetch\`, a bare
\`subtle.sign\` and a bare \`subtle.verify\`. Processor time counts all threads of the process.

## One call at a time

${raceTable(serial)}

## 16 calls at a time

${raceTable(parallel)}

## The aims

${markdownTable(
  ['Aim', 'Due', 'Measured', 'Holds'],
  [
    aim('Calls/s at 16, of wechatpay-axios-plugin', `≥ ${RATE_AIM} ×`, `${number(rate)} ×`, rate >= RATE_AIM),
    aim('Time a call at 1, of the floor', `≤ ${TIME_AIM} ×`, `${number(time)} ×`, time <= TIME_AIM),
    aim('The same at 16', `≤ ${TIME_AIM} ×`, `${number(parallelTime)} ×`, parallelTime <= TIME_AIM),
  ],
)}

## Steps of a call

Microseconds, medians. Ours go through WebCrypto, whose work is done on another thread and leaves this one free; that takes longer
a step than the synchronous node:crypto of wechatpay-axios-plugin.

${markdownTable(
  ['Step', 'Ours', 'Other', 'Which'],
  steps.map(({ name, ours, theirs, other }) => [name, number(ours), number(theirs), other]),
)}
`
}

function raceTable(results: Results): string {
  const names = Object.keys(results) as Contender[]
  return markdownTable(
    ['', 'calls/s', 'ms a call', 'CPU ms a call', 'time, of the floor', 'calls/s, of the plugin'],
    names.map(name => {
      const { rate, time, cpu } = medians(results[name])
      const ofFloor = ratio(results, 'time', name, 'floor')
      const ofPlugin = ratio(results, 'rate', name, 'wechatpay-axios-plugin')
      return [name, number(rate), number(time), number(cpu), `${number(ofFloor)} ×`, `${number(ofPlugin)} ×`]
    }),
  )
}

const ratio = (results: Results, key: keyof Round, name: Contender, to: Contender): number =>
  medianRatio(column(results[name], key), column(results[to], key))

const aim = (name: string, due: string, measured: string, holds: boolean) => [name, due, measured, holds ? 'yes' : 'NO']

const column = (rounds: readonly Round[], key: keyof Round): number[] => rounds.map(round => round[key])

const medians = (rounds: readonly Round[]): Round => ({
  rate: median(column(rounds, 'rate')),
  time: median(column(rounds, 'time')),
  cpu: median(column(rounds, 'cpu')),
})
