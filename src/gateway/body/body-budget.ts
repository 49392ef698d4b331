import type { Bytes } from '../../core/bytes.ts'
import { readNotification } from '../../core/notification/receive.ts'
import { Refusal } from '../problem.ts'
import { abortable, type BodyReader, bodyInTime } from './read-body.ts'

/** Bytes of requests that are held at once: some nine hundred notifications, or two hundred of the largest. */
const MAX_HELD = 16 * 1024 * 1024
/** Bytes that each account may hold whatever the others do. With very many accounts there is room for that. */
const MIN_SHARE = 256 * 1024
/** Bytes that are counted for a request beside those of its body: runtimes keep that and more, so silent ones are bounded too. */
const REQUEST = 16 * 1024
/** Milliseconds for a body to arrive. WeChat Pay waits no longer for the answer. */
const DEADLINE = 5_000
/**
 * Milliseconds for which a request counts: more than any takes. Cloudflare ends an invocation 30 s after its client has left, and
 * what the invocation still had to do, as giving back its bytes, is never done.
 */
const MAX_AGE = 120_000

/** A body, and what gives back its bytes to the budget. Call it when the notification is through. */
export interface HeldBody {
  readonly body: Bytes
  release(): void
}

/**
 * Reads the body of a notification.
 *
 * @param account whom its bytes are counted for: an API of a merchant
 * @param read reads the body; default: as that of a notification
 * @throws {Refusal} 503 `BUSY`: it gave way to others while it arrived; 408 `BODY_TIMEOUT`
 * @throws {NotificationError} `BODY_TOO_LARGE`
 */
export type ReadNotificationBody = (request: Request, account: string, read?: BodyReader) => Promise<HeldBody>

export interface BodyBudgetOptions {
  /** The number of accounts. */
  readonly accounts: number
  /** Bytes. Default: 16 MiB, or more with over 64 accounts. */
  readonly most?: number
  /** Bytes that are counted for each byte of a body. Default: 1. */
  readonly weight?: number
  /** Milliseconds for a body to arrive. Default: 5,000. */
  readonly deadline?: number
  /** Makes the refusal of a body that gives way. Default: that of a notification. */
  readonly busy?: () => Refusal
  /** Milliseconds of a clock that is never set. Default: `performance.now`. */
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
  readonly abort: AbortController
}

/**
 * Bounds the memory that bodies of notifications take before anything proves them. Bytes are counted when they have arrived; a
 * length that is announced is a promise of the sender's.
 *
 * When the room is taken, nobody is turned away for it: the body that has been arriving for the longest gives way, of the account
 * that holds the most. A sender that keeps bodies open therefore loses them to notifications that arrive at once, which is how
 * WeChat Pay sends; and however many are sent to one address, those to another are safe up to an equal share of the room.
 * A body that is there does not give way: its notification may be recorded already. If such bodies have taken all the room, an
 * account within its share exceeds it, so that never more than twice the room is held. A request that is older than two minutes no
 * longer counts: Cloudflare has ended it before it could give back its bytes.
 *
 * @example
 * ```ts
 * const readBody = createBodyBudget({ accounts: 2 })
 * const { body, release } = await readBody(request, 'v3/1900000109')
 * ```
 */
export function createBodyBudget({
  accounts,
  most = Math.max(MAX_HELD, accounts * MIN_SHARE),
  weight = 1,
  deadline = DEADLINE,
  busy = notificationBusy,
  now = () => performance.now(),
}: BodyBudgetOptions): ReadNotificationBody {
  const byName = new Map<string, Account>()
  const share = most / accounts
  const maxAge = Math.max(MAX_AGE, deadline)
  /** All that count, in the order in which they began. */
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
      body.abort.abort(busy())
    }
  }

  /** Returns the body that gives way: the first of the account that exceeds its share the most. */
  function longestArriving(): Arriving | undefined {
    let largest: Account | undefined
    for (const account of byName.values())
      if (account.arriving.size > 0 && account.held > Math.max(share, largest?.held ?? 0)) largest = account
    return largest?.arriving.values().next().value
  }

  function makeRoom(): void {
    if (held > most) releaseExpired()
    while (held > most) {
      const body = longestArriving()
      if (!body) return
      release(body)
      body.abort.abort(busy())
    }
  }

  return async ({ headers, bodyUsed, body: stream }, name, read = readNotification) => {
    const account = accountOf(name)
    const body: Arriving = { account, bytes: 0, expiresAt: now() + maxAge, abort: new AbortController() }
    const { signal } = body.abort
    const arrived = (bytes: number): void => {
      if (signal.aborted) return
      count(body, bytes)
      makeRoom()
    }
    counted.add(body)
    account.arriving.add(body)
    arrived(REQUEST)
    try {
      const bytes = await bodyInTime(late => {
        late.addEventListener('abort', () => body.abort.abort(late.reason))
        return read({ headers, bodyUsed, body: abortable(stream, signal) }, chunk => arrived(chunk.length * weight))
      }, deadline)
      // It may have given way when its last bytes were there already.
      signal.throwIfAborted()
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
    detail: 'Too many notifications at once, and this one took long to arrive. WeChat Pay sends it again.',
    headers: { 'Retry-After': '5', Connection: 'close' },
  })
