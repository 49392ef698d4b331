// npm run bench:editor -- [--rounds 30]: measures how long an editor waits for hovers and completions, with the package as last built.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createConsumer } from '../scripts/consumer.ts'
import { createEditor, ts } from '../scripts/editor.ts'
import { markdownTable, number } from './markdown.ts'
import { median } from './median.ts'

/** Bound of the median of each, in milliseconds. */
const MAX_WARM = 50

const HEAD = `import { isServiceError, type Notification, Wechatpay } from 'wechatpay-edge'
const wxpay = new Wechatpay({ mchid: '1900000109' });
`
/** The questions of an editor, where `|` stands. */
const PLACES: readonly [name: string, asks: 'hover' | 'completion', program: string][] = [
  ['a method', 'hover', 'wxpay.v3.pay.transactions.native.post|'],
  ['a field of a body', 'hover', 'wxpay.v3.pay.transactions.jsapi.post({ amount: { total|: 1 } })'],
  ['a field of a notification', 'hover', '(n: Notification) => n.event === "REFUND.SUCCESS" && n.resource.refund_id|'],
  ['all products', 'completion', 'wxpay.v3.|'],
  ['the fields of a body', 'completion', 'wxpay.v3.pay.transactions.jsapi.post({ | })'],
  ['all paths', 'completion', 'wxpay.chain("|")'],
  ['all events', 'completion', '(n: Notification) => n.event === "|"'],
  [
    'the error codes of an endpoint',
    'completion',
    '(e: unknown) => isServiceError(e, "POST /v3/refund/domestic/refunds") && e.serviceCode === "|"',
  ],
]

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '30' } } })
const consumer = createConsumer({ 'index.ts': HEAD })
const file = join(consumer.path, 'index.ts')
const editor = createEditor(file, HEAD)
let typed = 0

/** Types a character, and asks; returns the milliseconds of the editor's thread until the answer. */
function ask(asks: 'hover' | 'completion', program: string): number {
  const { position, service } = editor.type(`${program} // ${typed++}`)
  const start = process.threadCpuUsage()
  const answer =
    asks === 'hover'
      ? service.getQuickInfoAtPosition(file, position - 1)
      : service.getCompletionsAtPosition(file, position, {})
  const { user, system } = process.threadCpuUsage(start)
  if (!answer) throw new Error(`no ${asks} in ${program}`)
  return (user + system) / 1000
}

const busy = loadavg()[0]!
const first = ask('hover', PLACES[0]![2])
const rows = PLACES.map(([name, asks, program]) => {
  const cold = ask(asks, program)
  const warm = Array.from({ length: Number(values.rounds) }, () => ask(asks, program)).sort((a, b) => a - b)
  return { name, asks, cold, warm: median(warm), slow: warm[Math.floor(warm.length * 0.95)]! }
})
consumer.remove()

const report = `# Editor

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load ${number(busy)}. Written by \`npm run bench:editor\`.

Processor time of the thread on which the language service of TypeScript ${ts.versionMajorMinor} answers an editor, in a project with the DOM library that has this package installed: what
the editor waits for on a machine that does nothing else. Each time a character is typed before the question, so that the file is parsed and checked anew. The first answer, for which all types are read, takes ${number(first)} ms;
"first" is the first of its kind, "warm" the median of ${values.rounds} more. The bound of each median is ${MAX_WARM} ms.

${markdownTable(
  ['Question', 'first, ms', 'warm, ms', '95 %, ms', `≤ ${MAX_WARM}`],
  rows.map(({ name, asks, cold, warm, slow }) => [
    `${asks}: ${name}`,
    number(cold),
    number(warm),
    number(slow),
    warm <= MAX_WARM ? 'yes' : 'NO',
  ]),
)}
`
console.log(report)
writeFileSync(new URL('./editor.md', import.meta.url), report)
if (rows.some(({ warm }) => warm > MAX_WARM)) process.exitCode = 1
