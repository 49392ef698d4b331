// npm run size -- [--rounds 11]: what each entry weighs in a bundle, and what a Worker takes to start. Fails when the core or
// the Worker is over its bound, or needs Node.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { type Bundle, bundle } from './bundle.ts'
import { bytes, markdownTable, number } from './markdown.ts'
import { measureStartup } from './startup.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '11' } } })

/** Milliseconds of processor time before a Worker can serve. */
const MAX_STARTUP = 10

const core = await bundle("import { Wechatpay } from '../src/core/index.ts'; globalThis.W = Wechatpay")
const worker = await bundle(`import { wechatpay } from '../src/adapters/cloudflare.ts'
export default {
  async fetch(request, env) {
    const { data } = await wechatpay(env).v3.pay.transactions.native.post(await request.json())
    return Response.json(data)
  },
}`)
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
    ['payment', 'bill', 'media', 'paging', 'onboarding', 'notification'].map(
      async flow => [`wechatpay-edge/${flow}`, await everything(`../src/flows/${flow}/index.ts`)] as [string, Bundle],
    ),
  )),
  ['wechatpay-edge/gateway, with hono and jose', await everything('../src/gateway/index.ts')],
  ['wechatpay-edge/server, with the adapters', await everything('../src/server/index.ts', ['undici'])],
  ['wechatpay-edge/simulator', await everything('../src/simulator/index.ts')],
  ['npx wechatpay-edge, with the simulator', await everything('../src/cli/main.ts', ['undici'])],
]
const busy = loadavg()[0]!
const startup = await measureStartup(worker.code, Number(values.rounds))

const text = `# Size

Bytes as esbuild bundles it for a Worker or a browser, all dependencies included. Written by \`npm run size\`. A row with a bound must keep
it, gzipped, and import nothing of Node's. Where the name alone stands, all that the entry exports is in.

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

## What the first row is made of

${markdownTable(
  ['Part', 'min', 'share'],
  core.parts.map(([name, size]) => [name, bytes(size), `${Math.round((size / core.min) * 100)} %`]),
)}

## What that Worker takes to start

Milliseconds, of ${values.rounds} starts (workerd the mean, Node the median), ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Due: under ${MAX_STARTUP} ms of processor time in workerd.

${markdownTable(
  ['Measured', 'the Worker', 'an empty one', 'the difference'],
  [
    ['workerd, `wrangler check startup`', startup.workerd, startup.workerdEmpty] as const,
    ['Node, `import` in a fresh process, a stand-in', startup.node, startup.nodeEmpty] as const,
  ].map(([name, full, empty]) => [name, number(full), number(empty), number(full - empty)]),
)}

In workerd it is what the CPU profile of the start holds but for its idle samples, V8's compiling and workerd's own start included. Such a
profile has some four samples, often idle ones alone, so it is coarse, and only a mean says anything; it is of this machine, not of Cloudflare's. The stand-in counts the processor time of all
threads of Node while it reads, compiles and evaluates the same file; it is finer, but it is not workerd. ${startup.workerd < MAX_STARTUP ? 'The bound holds.' : 'The bound does NOT hold.'}
`
console.log(text)
writeFileSync(new URL('./size.md', import.meta.url), text)

for (const [name, { gzip, imports, parts }, most] of rows) {
  if (!most) continue
  if (gzip > most) fail(`${name}: ${bytes(gzip)} bytes gzipped are ${bytes(gzip - most)} over the bound.`)
  const strangers = parts.filter(([part]) => /^src\/(simulator|cli)\b/.test(part))
  if (strangers.length) fail(`${name}: the bundle holds ${strangers.map(([part]) => part).join()}.`)
  const needsNode = imports.filter(path => path.startsWith('node:'))
  if (needsNode.length) fail(`${name}: the bundle imports ${needsNode.join()}.`)
}
if (startup.workerd >= MAX_STARTUP)
  fail(`The Worker takes ${number(startup.workerd)} ms to start; under ${MAX_STARTUP} are due. Is the machine busy?`)

function everything(file: string, external?: string[]) {
  return bundle(`import * as all from '${file}'; globalThis.W = all`, external)
}

function fail(why: string): void {
  console.error(why)
  process.exitCode = 1
}
