import { type DeadlineCause, withDeadline } from './deadline.ts'
import { TransportError } from './errors.ts'

/** Limits of work that belongs to a call. */
export interface Limits {
  readonly signal?: AbortSignal | undefined
  /** Whether the work may take effect at WeChat Pay. */
  readonly changes?: boolean
  /** Names the missing thing in the error when the time is up. Default: `complete response` */
  readonly awaited?: string
  /** Milliseconds. Default: no limit */
  readonly timeout?: number
  /** Whether an earlier attempt of the call may have taken effect; undefined if nothing was sent yet. */
  readonly isInDoubt?: boolean | undefined
}

/**
 * Runs work until its time limit or the caller's signal, without waiting for work that ignores them.
 *
 * @throws {TransportError} `TIMEOUT`, `ABORTED`
 */
export async function withinLimits<T>(
  { timeout = Number.POSITIVE_INFINITY, signal, changes = false, awaited = 'complete response', isInDoubt }: Limits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) {
    const when = isInDoubt === undefined ? 'it was sent' : 'it was sent again'
    throw new TransportError('ABORTED', `Aborted before ${when}.`, isInDoubt === true, signal.reason)
  }
  const errorOf = (cause: DeadlineCause): TransportError =>
    new TransportError(
      cause,
      cause === 'ABORTED' ? 'Aborted.' : `No ${awaited} within ${timeout} ms.`,
      changes,
      signal?.reason,
    )
  return withDeadline(timeout, errorOf, work, signal)
}
