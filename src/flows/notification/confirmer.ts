import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import { sha256 } from '../../core/crypto/digest.ts'
import { type AnyNotification, stringifyJson, TransportError } from '../../core/index.ts'
import { type ConfirmOptions, confirmNotification, unconfirmedError } from './confirm.ts'
import { confirmationOf } from './confirmations.ts'
import { createSingleFlight } from './single-flight.ts'

/** Confirms a notification like `confirmNotification`, within the limits of {@link createConfirmer}. */
export type Confirm = <Received extends AnyNotification>(
  client: Wechatpay,
  notification: Received,
  options?: ConfirmOptions,
) => Promise<Received>

/** Milliseconds during which an unconfirmed notification is refused without a query. WeChat Pay repeats after 15 s. */
const UNCONFIRMED_TTL = 10_000
/** Milliseconds during which a confirmation is cached. */
const CONFIRMED_TTL = 60_000
const MAX_OUTCOMES = 500
/** Number of queried or unconfirmed notifications per merchant at once, and how many are returned per millisecond. */
const BURST = 30
const REFILL = 0.5 / 1_000

/** The result of a confirmation; undefined if the notification was not confirmed. */
type Outcome = Pick<AnyNotification, 'id' | 'resource' | 'verifiedBy'> | undefined

/**
 * Creates a function that confirms notifications and limits the queries that replayed or forged notifications can
 * cause. APIv2 notifications have neither timestamp nor nonce, and refunds are not signed.
 *
 * - Notifications with the same content share a query, whose result is cached for 60 s if confirmed, 10 s if not.
 * - Each merchant has a budget of 30 notifications that are being queried or were not confirmed, with up to three
 * queries each; it grows by one every two seconds. A notification whose id is confirmed is free, so genuine
 * notifications are not slowed down. Signed and unsigned notifications have separate budgets, so that forged refunds do
 * not delay payments.
 *
 * @param now returns milliseconds since 1970
 * @returns a function that throws what `confirmNotification` throws, and `UNCONFIRMED` when the budget is used up
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
      throw unconfirmedError(notification, 'a recent query did not confirm it')
    }
    const outcome = await singleFlight(key, async () => {
      const budget = budgetOf(`${mchid}/${confirmation.isSigned}`)
      if (!budget.take()) throw unconfirmedError(notification, 'too many notifications were not confirmed recently')
      try {
        const { id, resource, verifiedBy } = await confirmNotification(client, notification, options)
        // A forger can vary the id at will, so only the confirmed id is free.
        if (id === notification.id) budget.giveBack()
        remember(key, { id, resource, verifiedBy })
        return { id, resource, verifiedBy }
      } catch (error) {
        // A notification cannot cause a connection failure, but it can cause an error response.
        if (error instanceof TransportError) budget.giveBack()
        else remember(key, undefined)
        throw error
      }
    })
    return { ...notification, ...outcome }
  }
}

/** Creates a token bucket of {@link BURST} queries. */
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
