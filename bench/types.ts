// npm run bench:types -- [--rounds 9]: compares type-checking a program with three calls with one that uses
// @octokit/rest, and with one that imports nothing. Uses the last build of the package.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { COMPILERS, type Compiler, type Consumer, createConsumer } from '../scripts/consumer.ts'
import { type Document, METHODS } from '../scripts/generate/openapi.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'

/** Bounds of time and memory relative to octokit, with TypeScript 5.9: with the library of ES2022, and with that of DOM too. */
const MAX_RATIO = 0.4
const MAX_RATIO_WITH_DOM = 0.45

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
  nothing: 'export {}\n',
}
type Contender = keyof typeof PROGRAMS

/** Measured once, with shorter and shorter programs and with a CPU profile of each. This command does not repeat it. */
const PARTS = `## Where our time goes

This command does not repeat these measurements: processor time of the main thread with TypeScript 5.9 and ES2022, the least of 9 rounds, on 2026-11-29 at
load 20, when the core was still in seven files. A program that imports nothing took 181 ms, octokit's 849 ms; with the DOM library 344 ms and 1,085 ms. Ours add to it:

- 142 ms to import a type: all endpoints take 74 to parse and 19 to bind (102,800 nodes), the core 9 and 4; the rest is finding files, joining the lists
  of exports, and collecting garbage.
- 18 ms to create a client: the options are a union of two kinds, so each option of a merchant is compared with its absence in a brand's; and names
  that ES2022 lacks, such as \`CryptoKey\`, are compared with all others to suggest one.
- 17 ms for the first call: the 2,180 paths of \`wxpay['v3/…']\` become 4,355 types, 2,180 symbols and 1.8 MB when the client's members are first listed.
- Nothing that could be measured for two more calls.

A program that only imports the package is at (181 + 142) / 849 = 0.38 × by this measure, and with the DOM library at (344 + 142) / 1,085 = 0.45 ×: there,
that bound leaves nothing for checking as long as the declarations of all endpoints are read. Within the 142 ms, all comments are about 11 ms, the
\`export\` keywords 6, indentation nothing; more sharing of fields saves less than 1 % of the nodes. Two signatures of the constructor, or a first
member of the union that no options match, would save about 10 ms and make error messages worse.

## Why the bound with the DOM library does not hold

The same three calls with the DOM library and declarations that were changed by hand, on 2026-11-30 at load 3 to 8: processor time of the main thread, the least
of 22 rounds in which all take turns, without the 60 ms that loading the compiler takes.

| Declarations                                                                |  ms | octokit |
| --------------------------------------------------------------------------- | --: | ------: |
| none: a program that imports nothing                                        | 272 | 0.291 × |
| the core, and only the three endpoints                                      | 321 | 0.343 × |
| all names and the chain, with fields only in the three calls                | 392 | 0.419 × |
| all fields, but no comments, no \`wxpay['v3/…']\`, one kind of client options | 430 | 0.459 × |
| as published                                                                | 462 | 0.494 × |
| @octokit/rest                                                               | 936 |     1 × |

0.45 × is 421 ms, which is 41 less. The fields of all requests and responses take 70; hovers, paths in brackets and the second kind of options together 32.
Even without those three the bound does not hold: as long as a program reads the declarations of all endpoints, it can hold only without half of the fields.

What does not help, measured with the declarations of the endpoints alone, which take 87 ms to parse and bind (the least of 15 rounds at load 5):

- Fewer nodes per field: without any question mark, which are 7 % of the nodes, it is 1 ms less; without any \`string\`, 8 %, it is 4; without the values of
  enums 6. Comments are 13, because the compiler searches each for \`@see\`.
- Fields picked by name from tables that all types share (\`extends Fields<'appid | mchid'>\`): 15 % fewer symbols, but 4 % more nodes and
  14 % more memory while parsing; 16 ms slower.
- \`wxpay['v3/…']\`: 3 ms to parse, 4 for the union of its 2,180 paths, 5 for their properties. TypeScript lists all properties of a type to find one, also those of
  the members of an intersection, so that the list cannot wait until a path is used.
- \`export *\` of 2,630 types: about 4 ms when the first name is imported, and any entry with the types of an ES module has to re-export them.

With the DOM library V8 collects garbage three more times than without, once in the whole heap. The last of these collections would fall away with about 8 MB less, of
the 36 MB that the declarations of the endpoints allocate.
`

interface Cost {
  /** Reported by the compiler. */
  seconds: number
  /** Total of the process, including loading the compiler. */
  process: number
  megabytes: number
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })

const busy = loadavg()[0]!
const rows = (Object.keys(COMPILERS) as Compiler[])
  .toReversed()
  .flatMap(compiler =>
    ['nodenext', 'bundler'].map(module => race(compiler, `${module}, only ES2022`, settings(module, ['es2022']))),
  )
const withDom = race(
  '5.9',
  'nodenext, ES2022 and DOM',
  settings('nodenext', ['es2022', 'dom', 'dom.iterable']),
  MAX_RATIO_WITH_DOM,
)
const bound = [...rows, withDom].filter(({ compiler }) => compiler === '5.9')
const { paths } = JSON.parse(readFileSync(new URL('../dist/openapi.json', import.meta.url), 'utf8')) as Document
const endpoints = Object.values(paths ?? {}).flatMap(item => METHODS.filter(method => method in item)).length

const text = `# Types

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench:types\`.

Cost of \`tsc --noEmit --skipLibCheck\` for a program with three calls of wechatpay-edge (two of APIv3, one of APIv2), with all ${endpoints.toLocaleString('en')} endpoints available,
and for a program with one call of @octokit/rest. Total time and memory as reported by the compiler (\`--extendedDiagnostics\`; memory after garbage
collection). Medians of ${values.rounds} rounds in which the two take turns; ratios are medians of the ratios within a round.

The bound with TypeScript 5.9: at most ${MAX_RATIO} × time and memory where both programs use only the library of ES2022, ${MAX_RATIO_WITH_DOM} × with the DOM
library too. The libraries cost both programs the same and move every ratio towards 1, as does loading the compiler, which "process" includes.
"Nothing" is a program that imports nothing, which is what the libraries cost; "added" is what the packages add to it, ours relative to octokit's.

${markdownTable(
  [
    'TypeScript',
    'Program',
    'ours, s',
    'octokit, s',
    'nothing, s',
    'time',
    'added',
    'process',
    'ours, MB',
    'octokit, MB',
    'memory',
    'bound',
    'holds',
  ],
  [...rows, withDom].map(({ compiler, name, max, ours, theirs, nothing, time, added, process, memory }) => [
    compiler,
    name,
    number(ours.seconds),
    number(theirs.seconds),
    number(nothing.seconds),
    `${number(time)} ×`,
    `${number(added)} ×`,
    `${number(process)} ×`,
    number(ours.megabytes),
    number(theirs.megabytes),
    `${number(memory)} ×`,
    `${max} ×`,
    Math.max(time, memory) <= max ? 'yes' : 'NO',
  ]),
)}

${PARTS}`
console.log(text)
writeFileSync(new URL('./types.md', import.meta.url), text)
for (const { name, max, time, memory } of bound) {
  if (Math.max(time, memory) <= max) continue
  console.error(`${name}: ${number(time)} × time, ${number(memory)} × memory; the bound is ${max} ×.`)
  process.exitCode = 1
}

function settings(module: string, lib: string[]) {
  return { lib, ...(module === 'bundler' ? { module: 'esnext', moduleResolution: 'bundler' } : { module }) }
}

function race(compiler: Compiler, name: string, compilerOptions: Record<string, unknown>, max = MAX_RATIO) {
  const consumers = Object.fromEntries(
    Object.entries(PROGRAMS).map(([contender, text]) => [
      contender,
      createConsumer({ 'index.ts': text }, compilerOptions, ['@octokit']),
    ]),
  ) as Record<Contender, Consumer>
  const costs: Record<Contender, Cost[]> = { 'wechatpay-edge': [], '@octokit/rest': [], nothing: [] }
  for (let round = 0; round < Number(values.rounds); round++)
    for (const contender of Object.keys(costs) as Contender[])
      costs[contender].push(measure(consumers[contender], compiler))
  for (const consumer of Object.values(consumers)) consumer.remove()
  const { 'wechatpay-edge': ours, '@octokit/rest': theirs, nothing } = costs
  const ratio = (key: keyof Cost) => medianRatio(column(ours, key), column(theirs, key))
  const over = (cost: Cost[]) => cost.map(({ seconds }, round) => seconds - nothing[round]!.seconds)
  const ratios = {
    time: ratio('seconds'),
    added: medianRatio(over(ours), over(theirs)),
    process: ratio('process'),
    memory: ratio('megabytes'),
  }
  return { compiler, name, max, ours: medians(ours), theirs: medians(theirs), nothing: medians(nothing), ...ratios }
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

function column(costs: readonly Cost[], key: keyof Cost): number[] {
  return costs.map(cost => cost[key])
}
