// Reconciles two sides of a million entries each, and measures time and peak memory.

import { toStream } from '../../src/flows/bill/download/stream.ts'
import { PAYMENTS, parseBill, reconcile } from '../../src/flows/bill/index.ts'
import { amountOf, orderNumber, tradeBill } from './trade-bill.ts'

const count = Number(process.argv[2])
const DIFFERENT = 1000

let peak = 0
const sampleHeap = () => {
  const { heapUsed } = process.memoryUsage()
  if (heapUsed > peak) peak = heapUsed
}

/** Generates records that lack the first rows of the bill, have extra ones at the end, and differ in some amounts. */
function* records() {
  for (let at = DIFFERENT; at < count + DIFFERENT; at++) {
    if (at % 100_000 === 0) sampleHeap()
    yield { out_trade_no: orderNumber(at), amount: amountOf(at) + (at < 2 * DIFFERENT ? 1 : 0), state: 'SUCCESS' }
  }
}

const startOfGeneration = process.cpuUsage()
for await (const _ of tradeBill(count));
const generation = process.cpuUsage(startOfGeneration)

const before = process.cpuUsage()
const reconciliation = reconcile({ by: PAYMENTS, records: records(), bill: parseBill(toStream(tradeBill(count))) })
for await (const _ of reconciliation) sampleHeap()
sampleHeap()
const { user, system } = process.cpuUsage(before)
const { counts } = reconciliation
const expected = {
  matched: count - 2 * DIFFERENT,
  differs: DIFFERENT,
  'missing-in-records': DIFFERENT,
  'missing-in-bill': DIFFERENT,
}
for (const [kind, number] of Object.entries(expected))
  if (counts[kind as keyof typeof expected] !== number)
    throw new Error(`${kind}: ${counts[kind as keyof typeof expected]}`)
console.log(
  JSON.stringify({
    seconds: (user + system) / 1e6,
    /** Part of `seconds` that generating the bill takes. */
    generation: (generation.user + generation.system) / 1e6,
    peak,
    rss: process.memoryUsage.rss(),
  }),
)
