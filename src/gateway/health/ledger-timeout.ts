import { withDeadline } from '../../core/base/deadline.ts'
import { LedgerError } from '../store/ledger-error.ts'

/** Milliseconds for a ledger to respond. */
export const LEDGER_TIMEOUT = 3_000

/** Waits at most {@link LEDGER_TIMEOUT} for a ledger, so that a Durable Object that hangs does not delay the page. */
export const withTimeout = <T>(call: () => Promise<T>): Promise<T> => withDeadline(LEDGER_TIMEOUT, noResponse, call)

const noResponse = (): LedgerError => new LedgerError('LEDGER_UNAVAILABLE', `no response within ${LEDGER_TIMEOUT} ms`)
