import { type CallCounts, countsOf, type Increment } from './counts.ts'
import { LEDGER_METHODS, type Ledger, type LedgerStore } from './ledger.ts'

/**
 * Carries out a method.
 *
 * @param counts the increments to count with it, if the ledger keeps counts itself
 */
type CallLedger = (method: keyof LedgerStore, args: unknown[], counts?: CallCounts) => Promise<unknown>

/** Maps a ledger that keeps counts to a function that attaches counts to its calls. */
const countAttachers = new WeakMap<Ledger, (counts: CallCounts) => Ledger>()

/**
 * Creates a ledger from a function that carries out its methods elsewhere.
 *
 * @param call carries out a method
 * @param options `keepsCounts`: `call` accepts counts, which are added where the method is carried out
 */
export function remoteLedger(call: CallLedger, options: { keepsCounts?: boolean } = {}): Ledger {
  const ledger = ledgerOf(call)
  if (options.keepsCounts)
    countAttachers.set(ledger, counts => ledgerOnce((method, args) => call(method, args, counts)))
  return ledger
}

/** Returns whether a ledger adds the counts of a call itself. */
export const keepsCounts = (ledger: Ledger): boolean => countAttachers.has(ledger)

/**
 * Returns a ledger whose calls are counted once they are carried out. If the ledger keeps counts, they are sent with the call, so
 * that the count needs no call of its own; otherwise they are passed to `add`.
 */
export function countingLedger(
  ledger: Ledger,
  counts: CallCounts,
  add: (increments: readonly Increment[]) => void,
): Ledger {
  const attachCounts = countAttachers.get(ledger)
  if (attachCounts) return attachCounts(counts)
  return ledgerOnce(async (method, args) => {
    const result = await (ledger[method] as (...args: unknown[]) => Promise<unknown>)(...args)
    add(countsOf(counts, result))
    return result
  })
}

type CarryOut = (method: keyof LedgerStore, args: unknown[]) => Promise<unknown>

/** Creates one function per method. */
function ledgerOf(call: CarryOut): Ledger {
  const names = Object.keys(LEDGER_METHODS) as (keyof LedgerStore)[]
  const methods = names.map(method => [method, (...args: unknown[]) => call(method, args)])
  return Object.fromEntries(methods) as Ledger
}

const CALL: unique symbol = Symbol()

/** Has a getter for each method, which creates its function: the fifty functions of a whole ledger take longer than a statement of SQL. */
class LedgerOnce {
  readonly [CALL]: CarryOut

  constructor(call: CarryOut) {
    this[CALL] = call
  }
}
for (const method of Object.keys(LEDGER_METHODS) as (keyof LedgerStore)[])
  Object.defineProperty(LedgerOnce.prototype, method, {
    get(this: LedgerOnce) {
      const call = this[CALL]
      return (...args: unknown[]) => call(method, args)
    },
  })

/** Creates a ledger that one request uses: its methods are created when they are called. */
export const ledgerOnce = (call: CarryOut): Ledger => new LedgerOnce(call) as unknown as Ledger
