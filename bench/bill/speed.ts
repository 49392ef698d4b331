// Measures reading a bill from memory in several ways, in megabytes per second of processor time over all threads.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { toStream } from '../../src/flows/bill/download/stream.ts'
import { verifyHash } from '../../src/flows/bill/download/verify.ts'
import { parseBill } from '../../src/flows/bill/parse/parse.ts'
import { median } from '../median.ts'
import { tradeBill } from './trade-bill.ts'

const ROWS = 200_000
const ROUNDS = 9
const CHUNK = 2 ** 16

const chunks: Uint8Array[] = []
for await (const chunk of tradeBill(ROWS)) chunks.push(chunk)
const bytes = Buffer.concat(chunks)
const zipped = gzipSync(bytes)
const hash = createHash('sha1').update(bytes).digest('hex')

async function* cut(file: Uint8Array) {
  for (let at = 0; at < file.length; at += CHUNK) yield new Uint8Array(file.subarray(at, at + CHUNK))
}
const plain = () => parseBill(toStream(cut(bytes)))
const checked = () => parseBill(toStream(verifyHash(cut(bytes), hash)))
const count = async (bill: ReturnType<typeof plain>) => {
  let rows = 0
  for await (const batch of bill.batches) rows += batch.length
  return rows
}

const readers: Record<string, () => Promise<number>> = {
  batches: () => count(plain()),
  async rows() {
    let rows = 0
    for await (const _ of plain().rows) rows++
    return rows
  },
  verified: () => count(checked()),
  zipped: () => count(parseBill(toStream(cut(zipped)))),
  async sha1() {
    for await (const _ of verifyHash(cut(bytes), hash));
    return ROWS
  },
}

const speeds: Record<string, { median: number; best: number }> = {}
for (const [name, read] of Object.entries(readers)) {
  const rounds: number[] = []
  for (let round = -2; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    if ((await read()) !== ROWS) throw new Error(`${name} lost rows`)
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) rounds.push(bytes.length / (user + system))
  }
  speeds[name] = { median: median(rounds), best: Math.max(...rounds) }
}
console.log(JSON.stringify({ megabytes: bytes.length / 1e6, rowLength: bytes.length / ROWS, speeds }))
