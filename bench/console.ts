// npm run bench:console: measures the console with a full timeline. Fails if a bound is exceeded.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright'
import { listen } from '../src/cli/simulator/server.ts'
import { CONSOLE_FILES } from '../src/console-files/generated/console-files.ts'
import { Wechatpay } from '../src/core/index.ts'
import { createSimulator, createSimulatorMount } from '../src/simulator/index.ts'
import { chromiumPath } from '../test/chromium.ts'
import { markdownTable, number } from './markdown.ts'
import { median } from './median.ts'

const REQUESTS = 10_000
const RUNS = 5
/** Milliseconds until the first paint, and bytes of the first load, gzipped. */
const BOUNDS = { paint: 1000, load: 150_000 }

const busy = loadavg()[0]!
const simulator = await createSimulator({ seed: 'bench' })
const mount = createSimulatorMount(simulator)
const { mchid } = simulator.merchant
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
for (let at = 0; at < REQUESTS; at++)
  await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
    .get({ out_trade_no: `bench${at}`, params: { mchid } })
    .catch(() => {})
const server = await listen(mount, { host: '127.0.0.1', port: 0 })
const browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox'] })

const runs: { paint: number; complete: number }[] = []
for (let run = 0; run < RUNS; run++) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-US' })
  await page.goto(`${server.url}/console/`)
  await page.getByText(`${REQUESTS} entries`).waitFor()
  const complete = await page.evaluate(() => performance.now())
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime)
  runs.push({ paint, complete })
  await page.context().close()
}
await browser.close()
await server.close()

const gzipped = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + gzipSync(CONSOLE_FILES[name]!.text).length, 0)
/** The files that the page loads before anybody does anything: `main.js` with the chunks that it and they import statically. */
const scripts = new Set(['main.js'])
for (const name of scripts)
  for (const [, imported] of CONSOLE_FILES[name]!.text.matchAll(/(?:from|import)"\.\/([\w.-]+)"/g))
    scripts.add(imported!)
const load = gzipped(['index.html', 'style.css', ...scripts])
const all = gzipped(Object.keys(CONSOLE_FILES))
const paint = median(runs.map(run => run.paint))
const complete = median(runs.map(run => run.complete))
const bounds = [
  ['First contentful paint, ms', number(BOUNDS.paint), number(paint), paint <= BOUNDS.paint],
  ['First load, bytes gzipped', number(BOUNDS.load), number(load), load <= BOUNDS.load],
] as const

const report = `# The console

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench:console\`.

${markdownTable(
  ['', 'bound', 'measured', 'holds'],
  bounds.map(([name, bound, measured, holds]) => [name, bound, measured, holds ? 'yes' : 'NO']),
)}

With ${number(REQUESTS)} requests in the timeline, in Chromium ${browser.version()}, on the same machine; medians of ${RUNS} fresh pages. All entries had arrived and could be filtered after ${number(complete)} ms.
All files of the console, with the cashier and the decoder of QR codes, have ${number(all)} bytes gzipped.
`
console.log(report)
await writeFile(new URL('console.md', import.meta.url), report)
if (bounds.some(([, , , holds]) => !holds)) process.exitCode = 1
