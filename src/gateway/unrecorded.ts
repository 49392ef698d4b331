import { Refusal } from './problem.ts'
import { LedgerError, type LedgerErrorCode } from './store/ledger-error.ts'

/** Trying again helps only after somebody has done something, or during a deploy: the ledger says so itself. */
const LASTING: ReadonlySet<string> = new Set<LedgerErrorCode>(['LEDGER_NEWER', 'LEDGER_INCOMPLETE'])

/**
 * Creates the refusal of what was not done because the ledger could not record it.
 *
 * @param error of the ledger
 * @param detail describes any other failure, and what to do
 * @param mayHaveTakenEffect an earlier attempt may have taken effect
 */
export function unrecorded(error: unknown, detail: string, mayHaveTakenEffect = false): Refusal {
  const lasting = error instanceof LedgerError && LASTING.has(error.code) ? error : undefined
  return new Refusal({
    status: 503,
    code: lasting?.code ?? 'LEDGER_UNAVAILABLE',
    detail: lasting?.message ?? detail,
    mayHaveTakenEffect,
    headers: { 'Retry-After': lasting ? '60' : '2' },
  })
}
