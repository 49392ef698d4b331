// npm run bench:cold: measures the starts of the simulator, of the command line and of a Worker. Requires `npm run build`. Fails if a bound is
// exceeded.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundleWorker } from './bundle.ts'
import { firstLineOf } from './cold/first-line.ts'
import type { StepTime } from './cold/measure-step.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'
import { measureStartup } from './startup.ts'

const ROUNDS = 15
const WORKER_ROUNDS = 11
const execute = promisify(execFile)

async function inFreshProcess(file: string): Promise<Record<string, StepTime>> {
  const { stdout } = await execute(process.execPath, [fileURLToPath(new URL(`./cold/${file}`, import.meta.url))])
  return JSON.parse(stdout)
}

const busy = loadavg()[0]!
const keys: StepTime[] = []
const load: StepTime[] = []
const create: StepTime[] = []
const version: StepTime[] = []
const simulator: StepTime[] = []
for (let round = 0; round < ROUNDS; round++) {
  keys.push((await inFreshProcess('generate-keys.ts')).keys!)
  const created = await inFreshProcess('create-simulator.ts')
  load.push(created.load!)
  create.push(created.create!)
  version.push(await firstLineOf('--version'))
  simulator.push(await firstLineOf('simulator', '--port', '0'))
}
const worker = await measureStartup((await bundleWorker()).code, WORKER_ROUNDS)

const column = (steps: readonly StepTime[], key: keyof StepTime): number[] => steps.map(step => step[key])
type Row = [name: string, wall: string, cpu: string, toKeys: string, bound: string, holds: string]
const rowOf = (name: string, steps: readonly StepTime[], most?: number): Row => {
  const wall = median(column(steps, 'wall'))
  return [
    name,
    number(wall),
    number(median(column(steps, 'cpu'))),
    `${number(medianRatio(column(steps, 'cpu'), column(keys, 'cpu')))} ×`,
    most === undefined ? '' : `< ${most} ms`,
    most === undefined ? '' : yes(wall < most),
  ]
}
const MAX_WORKER = 10
const ofWorker = worker.workerd - worker.workerdEmpty
const rows: Row[] = [
  rowOf('The floor: two RSA keys of 2048 bits at the same time', keys),
  rowOf("`import('wechatpay-edge/simulator')`", load),
  rowOf('First `createSimulator()` of a process', create, 120),
  rowOf('`wechatpay-edge --version`, until the line', version, 200),
  rowOf('`wechatpay-edge simulator`, until the first line', simulator, 200),
  ['workerd, until it serves an empty Worker', '', number(worker.workerdEmpty), '', '', ''],
  ['The same with a Worker of one call', '', number(worker.workerd), '', '', ''],
  [
    'A Worker of one call: the difference',
    '',
    number(ofWorker),
    '',
    `≤ ${MAX_WORKER} ms CPU`,
    yes(ofWorker <= MAX_WORKER),
  ],
]

const report = `# Cold starts

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench:cold\`, with the built package.

Milliseconds, medians of ${ROUNDS} fresh processes that take turns, of ${WORKER_ROUNDS} for Workers. Processor time is over all threads. The command line
includes the start of Node, a step in a process does not. The third column is the processor time relative to the floor of the same round.

${markdownTable(['', 'wall', 'CPU', 'CPU / floor', 'bound', 'holds'], rows)}

A simulator has a key of its merchant and one of WeChat Pay, which its options contain, so both must exist before \`createSimulator()\` returns. They are
generated on two threads; the command line generates them while it loads the simulator. How long a key takes varies from one to the next, because
candidates are tried until one is prime. With \`seed\`, the keys are built in and public, and none is generated. When workerd listens, it has compiled and
evaluated the Worker.
`
console.log(report)
await writeFile(new URL('./cold.md', import.meta.url), report)
if (rows.some(row => row.includes(yes(false)))) process.exitCode = 1

function yes(holds: boolean): string {
  return holds ? 'yes' : 'NO'
}
