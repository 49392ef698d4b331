import { Refusal } from './problem.ts'
import { LedgerError } from './store/ledger-error.ts'

/**
 * Creates the refusal of what was not done because the ledger could not record it. A ledger that a newer version has written says so
 * itself, because trying again helps only during a deploy.
 *
 * @param error of the ledger
 * @param detail describes any other failure, and what to do
 * @param mayHaveTakenEffect an earlier attempt may have taken effect
 */
export function unrecorded(error: unknown, detail: string, mayHaveTakenEffect = false): Refusal {
  const isNewer = error instanceof LedgerError && error.code === 'LEDGER_NEWER'
  return new Refusal({
    status: 503,
    code: isNewer ? error.code : 'LEDGER_UNAVAILABLE',
    detail: isNewer ? error.message : detail,
    mayHaveTakenEffect,
    headers: { 'Retry-After': isNewer ? '60' : '2' },
  })
}
