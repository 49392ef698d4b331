// Two sides of a million each are laid beside each other: time, and what memory that takes at most.
import { PAYMENTS, parseBill, reconcile } from '../../src/flows/bill/index.ts'
import { toStream } from '../../src/flows/bill/stream.ts'
import { amountOf, orderNumber, tradeBill } from './trade-bill.ts'

const count = Number(process.argv[2])
const DIFFERENT = 1000

let peak = 0
const look = () => {
  const { heapUsed } = process.memoryUsage()
  if (heapUsed > peak) peak = heapUsed
}

/** Ours lack the first of the bill, have some more at their end, and some amounts are others. */
function* records() {
  for (let at = DIFFERENT; at < count + DIFFERENT; at++) {
    if (at % 100_000 === 0) look()
    yield { out_trade_no: orderNumber(at), amount: amountOf(at) + (at < 2 * DIFFERENT ? 1 : 0), state: 'SUCCESS' }
  }
}

const making = process.cpuUsage()
for await (const _ of tradeBill(count));
const made = process.cpuUsage(making)

const before = process.cpuUsage()
const reconciliation = reconcile({ by: PAYMENTS, records: records(), bill: parseBill(toStream(tradeBill(count))) })
for await (const _ of reconciliation) look()
look()
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
    /** Of those, what the making of the bill takes. */
    making: (made.user + made.system) / 1e6,
    peak,
    rss: process.memoryUsage.rss(),
  }),
)
