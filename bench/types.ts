// npm run bench:types -- [--rounds 9]: compares type-checking a program with three calls with one that uses
// @octokit/rest. Uses the last build of the package.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { COMPILERS, type Compiler, type Consumer, createConsumer } from '../scripts/consumer.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'

/** Bound of time and memory relative to octokit, with TypeScript 5.9. */
const MAX_RATIO = 0.4

const PROGRAMS = {
  'wechatpay-edge': `import { Wechatpay } from 'wechatpay-edge'
const wxpay = new Wechatpay({ mchid: '1900000109' })
const order = await wxpay.v3.pay.transactions.native.post({
  appid: 'wxd678efh567hg6787', mchid: '1900000109', description: 'Tea', out_trade_no: '20260101001',
  notify_url: 'https://example.com/notify', amount: { total: 100 },
})
export const url: string = order.data.code_url
const card = await wxpay.v3.payrollCard.authentications._authenticate_number_.get({
  authenticate_number: 'mcdhehfgisdhfjghed39384564i83', params: { sub_mchid: '1111111' },
})
export const state: string = card.data.authenticate_state
const real = await wxpay.v2.secsvc.realnameauth.post({
  version: '1.0', mch_id: '1900000109', appid: 'wxd678efh567hg6787', openid: 'o', real_name: 'n', cred_type: '1', cred_id: '1', access_token: 't',
})
export const result: string = real.data.result_code
`,
  '@octokit/rest': `import { Octokit } from '@octokit/rest'
const octokit = new Octokit({ auth: 'token' })
const { data } = await octokit.rest.repos.get({ owner: 'octokit', repo: 'rest.js' })
export const stars: number = data.stargazers_count
`,
}
type Contender = keyof typeof PROGRAMS
interface Cost {
  /** Reported by the compiler. */
  seconds: number
  /** Total of the process, including loading the compiler. */
  process: number
  megabytes: number
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })

const rows = (Object.keys(COMPILERS) as Compiler[])
  .toReversed()
  .flatMap(compiler =>
    ['nodenext', 'bundler'].map(module => race(compiler, `${module}, only ES2022`, settings(module, ['es2022']))),
  )
const withDom = race('5.9', 'nodenext, ES2022 and DOM', settings('nodenext', ['es2022', 'dom', 'dom.iterable']))
const bound = rows.filter(({ compiler }) => compiler === '5.9')

const text = `# Types

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}. Written by \`npm run bench:types\`.

Cost of \`tsc --noEmit --skipLibCheck\` for a program with three calls of wechatpay-edge (two of APIv3, one of APIv2), with all 1,173 endpoints available,
and for a program with one call of @octokit/rest. Total time and memory as reported by the compiler (\`--extendedDiagnostics\`; memory after garbage
collection). Medians of ${values.rounds} rounds in which the two take turns; ratios are medians of the ratios within a round.

The bound with TypeScript 5.9: at most ${MAX_RATIO} × time and memory, where both programs use only the library of ES2022. Libraries cost both
programs the same and move every ratio towards 1, as does loading the compiler, which "process" includes. The last row adds the DOM library,
which costs about a third of octokit's program; it is informative, and the bound does not apply to it.

${markdownTable(
  [
    'TypeScript',
    'Program',
    'ours, s',
    'octokit, s',
    'time',
    'process',
    'ours, MB',
    'octokit, MB',
    'memory',
    `≤ ${MAX_RATIO}`,
  ],
  [...rows, withDom].map(({ compiler, name, ours, theirs, time, process, memory }) => [
    compiler,
    name,
    number(ours.seconds),
    number(theirs.seconds),
    `${number(time)} ×`,
    `${number(process)} ×`,
    number(ours.megabytes),
    number(theirs.megabytes),
    `${number(memory)} ×`,
    holds(time, memory) ? 'yes' : 'NO',
  ]),
)}
`
console.log(text)
writeFileSync(new URL('./types.md', import.meta.url), text)
for (const { name, time, memory } of bound) {
  if (holds(time, memory)) continue
  console.error(`${name}: ${number(time)} × time, ${number(memory)} × memory; the bound is ${MAX_RATIO} ×.`)
  process.exitCode = 1
}

function settings(module: string, lib: string[]) {
  return { lib, ...(module === 'bundler' ? { module: 'esnext', moduleResolution: 'bundler' } : { module }) }
}

function race(compiler: Compiler, name: string, compilerOptions: Record<string, unknown>) {
  const consumers = Object.fromEntries(
    Object.entries(PROGRAMS).map(([contender, text]) => [
      contender,
      createConsumer({ 'index.ts': text }, compilerOptions, ['@octokit']),
    ]),
  ) as Record<Contender, Consumer>
  const costs: Record<Contender, Cost[]> = { 'wechatpay-edge': [], '@octokit/rest': [] }
  for (let round = 0; round < Number(values.rounds); round++)
    for (const contender of Object.keys(costs) as Contender[])
      costs[contender].push(measure(consumers[contender], compiler))
  for (const consumer of Object.values(consumers)) consumer.remove()
  const { 'wechatpay-edge': ours, '@octokit/rest': theirs } = costs
  const ratio = (key: keyof Cost) => medianRatio(column(ours, key), column(theirs, key))
  const ratios = { time: ratio('seconds'), process: ratio('process'), memory: ratio('megabytes') }
  return { compiler, name, ours: medians(ours), theirs: medians(theirs), ...ratios }
}

function measure(consumer: Consumer, compiler: Compiler): Cost {
  const start = performance.now()
  const { ok, output } = consumer.check(compiler, '--skipLibCheck', '--extendedDiagnostics')
  const process = (performance.now() - start) / 1000
  if (!ok) throw new Error(output)
  const figure = (name: string) => Number(new RegExp(`${name}: +([\\d.]+)`).exec(output)![1])
  return { seconds: figure('Total time'), process, megabytes: figure('Memory used') / 1000 }
}

function medians(costs: readonly Cost[]): Omit<Cost, 'process'> {
  return { seconds: median(column(costs, 'seconds')), megabytes: median(column(costs, 'megabytes')) }
}

function holds(time: number, memory: number): boolean {
  return time <= MAX_RATIO && memory <= MAX_RATIO
}

function column(costs: readonly Cost[], key: keyof Cost): number[] {
  return costs.map(cost => cost[key])
}
