import type { Bytes } from '../../core/base/bytes.ts'
import { byteSourceOf } from '../../core/base/read-bounded.ts'
import { readNotification } from '../../core/notification/receive.ts'
import { Refusal } from '../problem.ts'
import { tooSlow } from './body-refusals.ts'
import { createInterruption, type Interruption, interruptAfter, interruptible } from './interruption.ts'
import type { BodyReader } from './read-body.ts'

/** Bytes of requests that are held at once: about 900 typical notifications, or 200 of the maximum size. */
const MAX_HELD = 16 * 1024 * 1024
/** Bytes that each account may hold whatever the others hold. The total is raised if there are very many accounts. */
const MIN_SHARE = 256 * 1024
/** Bytes counted for a request in addition to its body. Runtimes use at least that much, so requests without a body are bounded too. */
const REQUEST_OVERHEAD = 16 * 1024
/** Milliseconds for a body to arrive. WeChat Pay does not wait longer for the response. */
const DEADLINE = 5_000
/**
 * Milliseconds after which a request is no longer counted: more than any takes. Cloudflare ends an invocation 30 s after its client
 * has disconnected, so that it may never release its bytes.
 */
const MAX_AGE = 120_000

/** A body, and a function that returns its bytes to the budget, to be called when the notification is handled. */
export interface HeldBody {
  readonly body: Bytes
  release(): void
}

/**
 * Reads the body of a notification.
 *
 * @param account the account to which its bytes are charged: an API of a merchant
 * @param read reads the body; default: as that of a notification
 * @throws {Refusal} 503 `BUSY`: it was dropped in favour of others while it arrived; 408 `BODY_TIMEOUT`; 400 `BODY_CUT_SHORT`
 * @throws {NotificationError} `BODY_TOO_LARGE`
 */
export type ReadNotificationBody = (request: Request, account: string, read?: BodyReader) => Promise<HeldBody>

export interface BodyBudgetOptions {
  /** The number of accounts. */
  readonly accounts: number
  /** Default: 16 MiB, or more with over 64 accounts. */
  readonly maxBytes?: number
  /** Bytes counted for each byte of a body. Default: 1. */
  readonly weight?: number
  /** Milliseconds for a body to arrive. Default: 5,000. */
  readonly deadline?: number
  /** Creates the refusal of a dropped body. Default: that of a notification. */
  readonly busy?: () => Refusal
  /** A monotonic clock, milliseconds. Default: `performance.now`. */
  readonly now?: () => number
}

interface Account {
  held: number
  /** In the order in which they began to arrive. */
  readonly arriving: Set<Arriving>
}

interface Arriving {
  readonly account: Account
  bytes: number
  /** By the clock of {@link BodyBudgetOptions.now}. */
  readonly expiresAt: number
  readonly interruption: Interruption
}

/**
 * Limits the memory for bodies of notifications that are not verified yet. Bytes are counted when they have arrived, because a
 * `Content-Length` may be false.
 *
 * When the limit is reached, no new request is refused. Instead the body that has been arriving for the longest is dropped, of the
 * account that holds the most. A sender that keeps bodies open therefore loses them to notifications that arrive at once, as WeChat
 * Pay's do; and each address has an equal share that a flood to another address cannot use. A complete body is never dropped, because
 * its notification may be recorded already. If complete bodies use up the limit, an account within its share may exceed the limit, so
 * that at most twice the limit is held. A request that is older than two minutes no longer counts: Cloudflare has ended it before it
 * could release its bytes.
 *
 * @example
 * ```ts
 * const readBody = createBodyBudget({ accounts: 2 })
 * const { body, release } = await readBody(request, 'v3/1900000109')
 * ```
 */
export function createBodyBudget({
  accounts,
  maxBytes = Math.max(MAX_HELD, accounts * MIN_SHARE),
  weight = 1,
  deadline = DEADLINE,
  busy = notificationBusy,
  now = () => performance.now(),
}: BodyBudgetOptions): ReadNotificationBody {
  const byName = new Map<string, Account>()
  const share = maxBytes / accounts
  const maxAge = Math.max(MAX_AGE, deadline)
  /** All counted requests, in the order in which they began. */
  const counted = new Set<Arriving>()
  let held = 0

  function accountOf(name: string): Account {
    const account = byName.get(name) ?? { held: 0, arriving: new Set() }
    byName.set(name, account)
    return account
  }

  function count(body: Arriving, bytes: number): void {
    body.bytes += bytes
    body.account.held += bytes
    held += bytes
  }

  function release(body: Arriving): void {
    counted.delete(body)
    body.account.arriving.delete(body)
    count(body, -body.bytes)
  }

  function releaseExpired(): void {
    for (const body of counted) {
      if (body.expiresAt > now()) return
      release(body)
      body.interruption.interrupt(busy())
    }
  }

  /** Returns the body to drop: the oldest of the account that exceeds its share the most. */
  function bodyToDrop(): Arriving | undefined {
    let largest: Account | undefined
    for (const account of byName.values())
      if (account.arriving.size > 0 && account.held > Math.max(share, largest?.held ?? 0)) largest = account
    return largest?.arriving.values().next().value
  }

  function dropExcess(): void {
    if (held > maxBytes) releaseExpired()
    while (held > maxBytes) {
      const body = bodyToDrop()
      if (!body) return
      release(body)
      body.interruption.interrupt(busy())
    }
  }

  return async (request, name, read = readNotification) => {
    const { headers, bodyUsed } = request
    const account = accountOf(name)
    const interruption = createInterruption()
    const body: Arriving = { account, bytes: 0, expiresAt: now() + maxAge, interruption }
    const countArrived = (bytes: number): void => {
      if (interruption.cause) return
      count(body, bytes)
      dropExcess()
    }
    counted.add(body)
    account.arriving.add(body)
    countArrived(REQUEST_OVERHEAD)
    try {
      const source = interruptible(byteSourceOf(request), interruption)
      const bytes = await interruptAfter(
        deadline,
        interruption,
        () => tooSlow(deadline),
        () => read({ headers, bodyUsed, body: source }, chunk => countArrived(chunk.length * weight)),
      )
      // It may have been dropped after its last bytes were read.
      if (interruption.cause) throw interruption.cause.reason
      account.arriving.delete(body)
      return { body: bytes, release: () => release(body) }
    } catch (error) {
      release(body)
      throw error
    }
  }
}

const notificationBusy = (): Refusal =>
  new Refusal({
    status: 503,
    code: 'BUSY',
    detail: 'Too many notifications arrived at once, and this one was slow. WeChat Pay sends it again.',
    headers: { 'Retry-After': '5', Connection: 'close' },
  })
