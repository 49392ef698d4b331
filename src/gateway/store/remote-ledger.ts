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
  if (options.keepsCounts) countAttachers.set(ledger, counts => ledgerOf((method, args) => call(method, args, counts)))
  return ledger
}

/** Reports whether a ledger adds the counts of a call itself. */
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
  return ledgerOf(async (method, args) => {
    const result = await (ledger[method] as (...args: unknown[]) => Promise<unknown>)(...args)
    add(countsOf(counts, result))
    return result
  })
}

/** Creates one function per method. */
function ledgerOf(call: (method: keyof LedgerStore, args: unknown[]) => Promise<unknown>): Ledger {
  const names = Object.keys(LEDGER_METHODS) as (keyof LedgerStore)[]
  const methods = names.map(method => [method, (...args: unknown[]) => call(method, args)])
  return Object.fromEntries(methods) as Ledger
}
