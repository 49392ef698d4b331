import { credentialsOf, type Wechatpay } from '../../core/client.ts'
import { sha256 } from '../../core/crypto/digest.ts'
import { type Notification, stringifyJson, TransportError } from '../../core/index.ts'
import { type ConfirmOptions, confirmNotification, unconfirmedError } from './confirm.ts'
import { confirmationOf } from './confirmations.ts'
import { createSingleFlight } from './single-flight.ts'

/** Confirms like `confirmNotification`, but sends no more queries than {@link createConfirmer} allows. */
export type Confirm = (client: Wechatpay, notification: Notification, options?: ConfirmOptions) => Promise<Notification>

/** Milliseconds for which a notification that was not confirmed is refused without a query. WeChat Pay repeats after 15 s. */
const UNCONFIRMED_TTL = 10_000
/** Milliseconds for which a confirmation is remembered. */
const CONFIRMED_TTL = 60_000
const MAX_OUTCOMES = 500
/** Notifications of one merchant that may be queried, or were not confirmed, at once; and how many a millisecond gives back. */
const BURST = 30
const REFILL = 0.5 / 1_000

/** The result of a confirmation; undefined if the notification was not confirmed. */
type Outcome = Pick<Notification, 'id' | 'resource' | 'verifiedBy'> | undefined

/**
 * Creates a function that confirms notifications and bounds the queries which somebody who replays or makes up notifications can
 * cause. APIv2 notifications have neither a timestamp nor a nonce, and a refund has no signature.
 *
 * - Notifications with the same content share one query. Its result holds for a while: 60 s if confirmed, 10 s if not.
 * - For each merchant 30 notifications may be queried or unconfirmed, each with up to three queries; two seconds give one back. One
 *   whose id is confirmed costs nothing, so genuine notifications are not slowed down. Signed and unsigned notifications are counted
 *   separately, so that made-up refunds do not hold up payments.
 *
 * @param now milliseconds since 1970
 * @returns throws what `confirmNotification` throws, and `UNCONFIRMED` if no query is allowed
 * @example
 * ```ts
 * const confirm = createConfirmer(Date.now)
 * const notification = await confirm(wxpay, await receiveNotification(wxpay, request))
 * ```
 */
export function createConfirmer(now: () => number): Confirm {
  const outcomes = new Map<string, { outcome: Outcome; until: number }>()
  const budgets = new Map<string, ReturnType<typeof createBudget>>()
  const singleFlight = createSingleFlight(now, { isRepeatable: true })

  function budgetOf(name: string): ReturnType<typeof createBudget> {
    const budget = budgets.get(name) ?? createBudget(now)
    budgets.set(name, budget)
    return budget
  }

  function remember(key: string, outcome: Outcome): void {
    outcomes.delete(key)
    for (const oldest of outcomes.keys()) if (outcomes.size >= MAX_OUTCOMES) outcomes.delete(oldest)
    outcomes.set(key, { outcome, until: now() + (outcome ? CONFIRMED_TTL : UNCONFIRMED_TTL) })
  }

  return async (client, notification, options) => {
    const confirmation = confirmationOf(notification)
    if (!confirmation) return notification
    const { mchid, crypto } = credentialsOf(client).account
    const { event, resource, message } = notification
    const text = new TextEncoder().encode(stringifyJson([event, resource, message]))
    const key = `${mchid}/${await sha256(text, crypto)}`
    const cached = outcomes.get(key)
    if (cached && cached.until > now()) {
      if (cached.outcome) return { ...notification, ...cached.outcome }
      throw unconfirmedError(notification, 'a query has just failed to confirm it')
    }
    const outcome = await singleFlight(key, async () => {
      const budget = budgetOf(`${mchid}/${confirmation.isSigned}`)
      if (!budget.take()) throw unconfirmedError(notification, 'too many notifications were not confirmed lately')
      try {
        const { id, resource, verifiedBy } = await confirmNotification(client, notification, options)
        // Any other id than the one that was confirmed may be made up, and there is no end of those.
        if (id === notification.id) budget.giveBack()
        remember(key, { id, resource, verifiedBy })
        return { id, resource, verifiedBy }
      } catch (error) {
        // Nobody can make the connection to WeChat Pay fail by what a notification says, but a response with an error code.
        if (error instanceof TransportError) budget.giveBack()
        else remember(key, undefined)
        throw error
      }
    })
    return { ...notification, ...outcome }
  }
}

/** Counts queries down from {@link BURST}; time gives them back. */
function createBudget(now: () => number): { take(): boolean; giveBack(): void } {
  let remaining = BURST
  let refilledAt = now()
  return {
    take() {
      remaining = Math.min(BURST, remaining + Math.max(0, now() - refilledAt) * REFILL)
      refilledAt = now()
      if (remaining < 1) return false
      remaining -= 1
      return true
    },
    giveBack() {
      remaining = Math.min(BURST, remaining + 1)
    },
  }
}
