// Hashes and reads a bill from standard input, and measures the growth of the resident set of this process.
import { sha1 } from '@noble/hashes/legacy.js'
import { parseBill } from '../../src/flows/bill/parse/parse.ts'
import { tradeBill } from './trade-bill.ts'

/** Does the work of {@link verifyHash}, without a hash to compare with. */
async function* hashed(chunks: AsyncIterable<Uint8Array>, onChunk: (bytes: number) => void) {
  const hash = sha1.create()
  for await (const chunk of chunks) {
    hash.update(chunk)
    onChunk(chunk.length)
    yield chunk
  }
  hash.digest()
}

// Loads and compiles everything before the measurement.
for await (const _ of parseBill(hashed(tradeBill(1000), () => {})).batches);

let bytes = 0
let rows = 0
const before = process.memoryUsage.rss()
let peak = before
const bill = parseBill(
  hashed(process.stdin, length => {
    bytes += length
  }),
)
for await (const batch of bill.batches) {
  rows += batch.length
  peak = Math.max(peak, process.memoryUsage.rss())
}
if (bill.summary?.总交易单数 !== rows) throw new Error('rows were lost')
console.log(JSON.stringify({ bytes, rows, before, peak }))
