// node bench/bill.ts: measures the speed and memory of reading bills and of a reconciliation. Writes bench/bill.md.
// Fails if a bound is exceeded.
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

interface MemoryUsage {
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
const bounded = await measureMemory(SMALL_HEAP)
const free = await measureMemory([])
const reconciled = JSON.parse(
  await output('reconciliation.ts', [String(SIDE)], [`--max-old-space-size=${BOUNDS.heap}`]),
) as Record<'seconds' | 'generation' | 'peak' | 'rss', number>

const growth = growthOf(bounded)
const lines: [name: string, bound: string, measured: string, holds: boolean][] = [
  speedLine('Rows in batches, `bill.batches`', speeds.batches),
  speedLine('Single rows, `bill.rows`', speeds.rows),
  speedLine('In batches, hash verified', speeds.verified),
  speedLine('In batches, decompressed', speeds.zipped),
  [
    `${number(bounded.bytes / 1e6)} MB hashed and read: growth of the resident set`,
    `< ${BOUNDS.growth} MB`,
    `${number(growth)} MB`,
    growth < BOUNDS.growth,
  ],
  [
    `Reconciliation of 2 × ${number(SIDE)}: peak heap`,
    `< ${BOUNDS.heap} MB`,
    `${number(reconciled.peak / 1e6)} MB`,
    reconciled.peak / 1e6 < BOUNDS.heap,
  ],
]

const report = `# Speed of reading bills

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`node bench/bill.ts\`.

${markdownTable(
  ['', 'bound', 'measured', 'holds'],
  lines.map(([name, bound, measured, holds]) => [name, bound, measured, holds ? 'yes' : 'NO']),
)}

A trade bill \`ALL\` with 27 columns, ${number(rowLength)} bytes per row, seven amounts each; every row becomes an object. Megabytes (10^6 bytes, uncompressed) per
second of processor time over all threads, medians of nine rounds; the best were ${number(speeds.batches.best)} in batches and ${number(speeds.rows.best)} with single rows. SHA-1 by itself reaches ${number(speeds.sha1.median)}.

The gigabyte of ${number(bounded.rows)} rows is piped from another process into one whose heap is limited by \`${SMALL_HEAP.join(' ')}\`; initially
${number(bounded.before / 1e6)} MB were resident, for Node and the code. Without these limits V8 enlarges its young generation, and the resident set grows by ${number(growthOf(free))} MB.

A reconciliation takes ${number(reconciled.seconds)} s of processor time, of which ${number(reconciled.generation)} s are spent generating the bill; the process runs with
\`--max-old-space-size=${BOUNDS.heap}\` and has ${number(reconciled.rss / 1e6)} MB resident at the end.
`
console.log(report)
await writeFile(new URL('./bill.md', import.meta.url), report)
if (lines.some(([, , , holds]) => !holds)) process.exitCode = 1

function speedLine(name: string, { median }: { median: number }): [string, string, string, boolean] {
  return [name, `≥ ${BOUNDS.speed} MB/s`, `${number(median)} MB/s`, median >= BOUNDS.speed]
}

function growthOf({ before, peak }: MemoryUsage): number {
  return (peak - before) / 1e6
}

/** Pipes a gigabyte from one process into another, and returns the memory usage of the reader. */
async function measureMemory(flags: readonly string[]): Promise<MemoryUsage> {
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
