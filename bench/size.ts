// npm run size -- [--rounds 11]: measures the bundle size of each entry and the start of a Worker. Fails if the core or
// the Worker exceeds its bound or requires Node.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { type Bundle, bundle, bundleWorker } from './bundle.ts'
import { bytes, markdownTable, number } from './markdown.ts'
import { measureStartup } from './startup.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '11' } } })

/** Milliseconds of processor time that a Worker adds to the start of workerd. */
const MAX_STARTUP = 10

const core = await bundle("import { Wechatpay } from '../src/core/index.ts'; globalThis.W = Wechatpay")
const worker = await bundleWorker()
const rows: [name: string, built: Bundle, most?: number][] = [
  ["import { Wechatpay } from 'wechatpay-edge'", core, 24 * 1024],
  ['wechatpay-edge/cloudflare, a Worker with one call', worker, 26 * 1024],
  ['wechatpay-edge', await everything('../src/core/index.ts')],
  ['wechatpay-edge/cloudflare', await everything('../src/adapters/cloudflare.ts')],
  ['wechatpay-edge/node, without undici', await everything('../src/adapters/node.ts', ['undici'])],
  ['wechatpay-edge/deno', await everything('../src/adapters/deno.ts')],
  ['wechatpay-edge/bun', await everything('../src/adapters/bun.ts')],
  ['wechatpay-edge/browser', await everything('../src/adapters/browser.ts')],
  ...(await Promise.all(
    ['payment', 'transfer', 'payscore', 'partner', 'bill', 'media', 'paging', 'onboarding', 'notification'].map(
      async flow => [`wechatpay-edge/${flow}`, await everything(`../src/flows/${flow}/index.ts`)] as [string, Bundle],
    ),
  )),
  ['wechatpay-edge/gateway, with hono and jose', await everything('../src/gateway/index.ts')],
  ['wechatpay-edge/server, with the adapters', await everything('../src/server/index.ts', ['undici', 'pg'])],
  ['wechatpay-edge/simulator', await everything('../src/simulator/index.ts')],
  ['npx wechatpay-edge, with the simulator', await everything('../src/cli/main.ts', ['undici', 'pg'])],
]
const busy = loadavg()[0]!
const startup = await measureStartup(worker.code, Number(values.rounds))
const ofWorker = startup.workerd - startup.workerdEmpty

const text = `# Size

Bytes bundled by esbuild for a Worker or a browser, including all dependencies. Written by \`npm run size\`. Rows with a bound must not exceed
it after gzip and must not import anything from Node. Rows with only a name include all exports of the entry.

${markdownTable(
  ['Entry', 'min', 'min + gzip', 'bound', 'holds', 'imports left'],
  rows.map(([name, { min, gzip, imports }, most]) => [
    name,
    bytes(min),
    bytes(gzip),
    most ? bytes(most) : '–',
    most ? (gzip <= most ? 'yes' : 'NO') : '–',
    [...new Set(imports)].map(path => path.replace(/^node:/, '')).join(' ') || '–',
  ]),
)}

## Parts of the first row

${markdownTable(
  ['Part', 'min', 'share'],
  core.parts.map(([name, size]) => [name, bytes(size), `${Math.round((size / core.min) * 100)} %`]),
)}

## Start of the Worker

Milliseconds of processor time over all threads, medians of ${values.rounds} starts, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. The bound: a
Worker adds less than ${MAX_STARTUP} ms to the start of workerd.

${markdownTable(
  ['Measured', 'Worker', 'empty Worker', 'difference'],
  [
    ['workerd, until it serves', startup.workerd, startup.workerdEmpty] as const,
    ['Node, `import` in a fresh process', startup.node, startup.nodeEmpty] as const,
  ].map(([name, full, empty]) => [name, number(full), number(empty), number(full - empty)]),
)}

When workerd listens, it has compiled and evaluated the Worker. Node reads, compiles and evaluates the same file with the same engine. Both apply to
this machine, not to Cloudflare's. ${ofWorker < MAX_STARTUP ? 'The bound holds.' : 'The bound does NOT hold.'}
`
console.log(text)
writeFileSync(new URL('./size.md', import.meta.url), text)

for (const [name, { gzip, imports, parts }, most] of rows) {
  if (!most) continue
  if (gzip > most) fail(`${name}: ${bytes(gzip)} bytes gzipped exceed the bound by ${bytes(gzip - most)}.`)
  const foreign = parts.filter(([part]) => /^src\/(simulator|cli)\b/.test(part))
  if (foreign.length) fail(`${name}: the bundle contains ${foreign.map(([part]) => part).join()}.`)
  const needsNode = imports.filter(path => path.startsWith('node:'))
  if (needsNode.length) fail(`${name}: the bundle imports ${needsNode.join()}.`)
}
if (!(ofWorker < MAX_STARTUP)) fail(`The Worker takes ${number(ofWorker)} ms to start; the bound is ${MAX_STARTUP} ms.`)

function everything(file: string, external?: string[]) {
  return bundle(`import * as all from '${file}'; globalThis.W = all`, external)
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
