// npm run size: what `import { Wechatpay }` weighs in a bundle. Fails when that is over the bound, or needs Node.
import { writeFileSync } from 'node:fs'
import { bundle } from './bundle.ts'
import { bytes, markdownTable } from './markdown.ts'

const MOST = 20 * 1024

const core = await bundle("import { Wechatpay } from '../src/core/index.ts'; globalThis.W = Wechatpay")
const entries = {
  "import { Wechatpay } from 'wechatpay-edge'": core,
  'wechatpay-edge/cloudflare': await everything('../src/adapters/cloudflare.ts'),
  'wechatpay-edge/node, without undici': await everything('../src/adapters/node.ts', ['undici']),
  'wechatpay-edge/gateway, with hono': await everything('../src/gateway/index.ts'),
  'wechatpay-edge/simulator': await everything('../src/simulator/index.ts'),
}
const strangers = core.parts.filter(([name]) => /^src\/(simulator|cli)\b/.test(name))
const needsNode = core.imports.filter(path => path.startsWith('node:'))

const text = `# Size

Bytes as esbuild bundles it for a Worker or a browser, all dependencies included. Written by \`npm run size\`. The first row has a
bound: ${bytes(MOST)} bytes gzipped, and no \`node:\` import. The others are for information.

${markdownTable(
  ['Entry', 'min', 'min + gzip', 'imports left'],
  Object.entries(entries).map(([name, { min, gzip, imports }]) => [
    name,
    bytes(min),
    bytes(gzip),
    imports.join() || '–',
  ]),
)}

## What the first row is made of

${markdownTable(
  ['Part', 'min', 'share'],
  core.parts.map(([name, size]) => [name, bytes(size), `${Math.round((size / core.min) * 100)} %`]),
)}
`
console.log(text)
writeFileSync(new URL('./size.md', import.meta.url), text)

if (core.gzip > MOST) fail(`${bytes(core.gzip)} bytes gzipped are ${bytes(core.gzip - MOST)} over the bound.`)
if (strangers.length) fail(`The bundle holds ${strangers.map(([name]) => name).join()}.`)
if (needsNode.length) fail(`The bundle imports ${needsNode.join()}.`)

function everything(file: string, external?: string[]) {
  return bundle(`import * as all from '${file}'; globalThis.W = all`, external)
}

function fail(why: string): void {
  console.error(why)
  process.exitCode = 1
}
