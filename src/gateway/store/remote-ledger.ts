import { type CallCounts, countsOf, type Increment } from './counts.ts'
import { LEDGER_METHODS, type Ledger, type LedgerStore } from './ledger.ts'

/** Carries a method out. @param counts the increments to count with it, where the ledger keeps counts itself */
type CallLedger = (method: keyof LedgerStore, given: unknown[], counts?: CallCounts) => Promise<unknown>

/** The ledgers that count with the call itself, and how such a call is given its counts. */
const counting = new WeakMap<Ledger, (counts: CallCounts) => Ledger>()

/**
 * Makes a ledger whose methods are carried out elsewhere.
 *
 * @param call carries a method out
 * @param options `keepsCounts`: `call` counts as well, where the method is carried out
 */
export function remoteLedger(call: CallLedger, options: { keepsCounts?: boolean } = {}): Ledger {
  const ledger = ledgerOf(call)
  if (options.keepsCounts) counting.set(ledger, counts => ledgerOf((method, given) => call(method, given, counts)))
  return ledger
}

/** Tells whether a ledger counts with the call itself. */
export const keepsCounts = (ledger: Ledger): boolean => counting.has(ledger)

/**
 * Returns a ledger whose calls are counted once they were carried out: with the call itself where the ledger can, so that the count
 * costs no call of its own; otherwise by `add`.
 */
export function countingLedger(
  ledger: Ledger,
  counts: CallCounts,
  add: (increments: readonly Increment[]) => void,
): Ledger {
  const own = counting.get(ledger)
  if (own) return own(counts)
  return ledgerOf(async (method, given) => {
    const result = await (ledger[method] as (...given: unknown[]) => Promise<unknown>)(...given)
    add(countsOf(counts, result))
    return result
  })
}

/** Makes one function per method. */
function ledgerOf(call: (method: keyof LedgerStore, given: unknown[]) => Promise<unknown>): Ledger {
  const names = Object.keys(LEDGER_METHODS) as (keyof LedgerStore)[]
  const methods = names.map(method => [method, (...given: unknown[]) => call(method, given)])
  return Object.fromEntries(methods) as Ledger
}
