// node bench/bill.ts: how fast bills are read, in how much memory; how long a reconciliation takes. Writes bench/bill.md.
// Fails over a bound.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { markdownTable, number } from './markdown.ts'

const GIGABYTE_ROWS = 3_450_000
const SIDE = 1_000_000
const BOUNDS = { speed: 80, growth: 64, heap: 512 }
const SMALL_HEAP = ['--max-semi-space-size=2', '--max-old-space-size=32']

interface Passage {
  bytes: number
  rows: number
  before: number
  peak: number
}

const busy = loadavg()[0]!
const { rowLength, speeds } = JSON.parse(await output('speed.ts')) as {
  rowLength: number
  speeds: Record<'batches' | 'rows' | 'verified' | 'zipped' | 'sha1', { median: number; best: number }>
}
const bounded = await pass(SMALL_HEAP)
const free = await pass([])
const reconciled = JSON.parse(
  await output('reconciliation.ts', [String(SIDE)], [`--max-old-space-size=${BOUNDS.heap}`]),
) as Record<'seconds' | 'making' | 'peak' | 'rss', number>

const growth = grown(bounded)
const lines: [name: string, due: string, measured: string, holds: boolean][] = [
  speedLine('Rows by the hundred, `bill.batches`', speeds.batches),
  speedLine('Rows one by one, `bill.rows`', speeds.rows),
  speedLine('The same by the hundred, and the hash verified', speeds.verified),
  speedLine('The same by the hundred, unzipped', speeds.zipped),
  [
    `${number(bounded.bytes / 1e6)} MB hashed and read: growth of the resident set`,
    `< ${BOUNDS.growth} MB`,
    `${number(growth)} MB`,
    growth < BOUNDS.growth,
  ],
  [
    `Reconciliation of 2 × ${number(SIDE)}: heap at most`,
    `< ${BOUNDS.heap} MB`,
    `${number(reconciled.peak / 1e6)} MB`,
    reconciled.peak / 1e6 < BOUNDS.heap,
  ],
]

const report = `# How fast bills are read

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`node bench/bill.ts\`.

${markdownTable(
  ['', 'bound', 'measured', 'holds'],
  lines.map(([name, due, measured, holds]) => [name, due, measured, holds ? 'yes' : 'NO']),
)}

A trade bill \`ALL\` of 27 columns, ${number(rowLength)} bytes a row, seven amounts in it; each row becomes an object. Megabytes (10^6 bytes, unzipped) a second
of processor time, of all threads: medians of nine rounds; the best were ${number(speeds.batches.best)} by the hundred and ${number(speeds.rows.best)} one by one. SHA-1 alone has ${number(speeds.sha1.median)}.

The gigabyte comes from another process, ${number(bounded.rows)} rows, into one whose heap is bounded by \`${SMALL_HEAP.join(' ')}\`; before it had
${number(bounded.before / 1e6)} MB resident, Node and the code itself. Without these bounds V8 lets its young generation grow, and the resident set by ${number(grown(free))} MB.

A reconciliation takes ${number(reconciled.seconds)} s of processor time, of which ${number(reconciled.making)} s are the making of the bill that it reads; the process has
\`--max-old-space-size=${BOUNDS.heap}\`, and ${number(reconciled.rss / 1e6)} MB resident at its end.
`
console.log(report)
await writeFile(new URL('./bill.md', import.meta.url), report)
if (lines.some(([, , , holds]) => !holds)) process.exitCode = 1

function speedLine(name: string, { median }: { median: number }): [string, string, string, boolean] {
  return [name, `≥ ${BOUNDS.speed} MB/s`, `${number(median)} MB/s`, median >= BOUNDS.speed]
}

function grown({ before, peak }: Passage): number {
  return (peak - before) / 1e6
}

/** A gigabyte goes from one process through another. */
async function pass(flags: readonly string[]): Promise<Passage> {
  const producer = spawn(process.execPath, [file('produce.ts'), String(GIGABYTE_ROWS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const reader = spawn(process.execPath, [...flags, file('memory.ts')], { stdio: [producer.stdout, 'pipe', 'inherit'] })
  return JSON.parse(await text(reader.stdout!))
}

async function output(name: string, argv: readonly string[] = [], flags: readonly string[] = []): Promise<string> {
  const child = spawn(process.execPath, [...flags, file(name), ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
  return text(child.stdout)
}

function file(name: string): string {
  return fileURLToPath(new URL(`./bill/${name}`, import.meta.url))
}
