import { createRandom } from './random.ts'
import { type Event, FLAWS, type Flaw, type Message, type Platform } from './wechatpay.ts'

/** One sending of an event. */
export interface Sending {
  readonly event: Event
  readonly message: Message
  readonly flaw?: Flaw
  /** A payment's: WeChat Pay tells of a refund when the payment was told. */
  readonly after?: string
}

export interface Mix {
  /** In the order in which they set out. */
  readonly sendings: readonly Sending[]
  readonly genuine: readonly Event[]
  readonly forged: readonly Event[]
  readonly duplicates: number
}

/** Shares of all sendings; of the events, those that are refunds. */
const DUPLICATES = 0.1
const FORGED = 0.05
const REFUNDS = 0.05
/** How far a refund and a repetition set out behind, in sendings. */
const BEHIND = 200
/** Signed at once: RSA is done on other threads. */
const CHUNK = 256

/** Writes all that is sent before the clock starts. The same count gives the same mix; keys, nonces and encrypts differ. */
export async function createMix(count: number, platform: Platform): Promise<Mix> {
  const random = createRandom(count)
  const [duplicates, flawed] = [Math.round(count * DUPLICATES), Math.round(count * FORGED)]
  const first = count - duplicates - flawed
  const refunds = Math.round(first * REFUNDS)
  const payments = Array.from({ length: first - refunds }, (_, at) => eventOf('TRANSACTION.SUCCESS', `42000${at}`, at))
  const forged = Array.from({ length: flawed }, (_, at) => eventOf('TRANSACTION.SUCCESS', `66600${at}`, at))

  type Planned = Omit<Sending, 'message'> & { readonly place: number }
  const planned: Planned[] = payments.map((event, place) => ({ event, place }))
  const near = (place: number): number => place + random() * BEHIND
  const refundPlans = pick(planned, refunds, random).map(({ event: { transaction_id, id, created }, place }) => ({
    event: { ...eventOf('REFUND.SUCCESS', transaction_id, 0), created: created + 60_000 },
    place: near(place),
    after: id,
  }))
  planned.push(...refundPlans)
  planned.push(...pick(planned, duplicates, random).map(({ place, ...plan }) => ({ ...plan, place: near(place) })))
  planned.push(...forged.map((event, at) => ({ event, place: random() * first, flaw: FLAWS[at % FLAWS.length]! })))
  planned.sort((one, other) => one.place - other.place)

  const sendings: Sending[] = []
  for (let at = 0; at < planned.length; at += CHUNK)
    sendings.push(
      ...(await Promise.all(
        planned.slice(at, at + CHUNK).map(async ({ place: _, ...plan }) => ({
          ...plan,
          message: await platform.write(plan.event, plan.flaw),
        })),
      )),
    )
  return { sendings, genuine: [...payments, ...refundPlans.map(({ event }) => event)], forged, duplicates }
}

const START = Date.parse('2026-06-08T02:34:56Z')

const eventOf = (event: Event['event'], transaction_id: string, at: number): Event => ({
  id: `${event}-${transaction_id}`,
  event,
  transaction_id,
  created: START + at * 1000,
})

/** Some of them, none twice. */
function pick<T>(from: readonly T[], count: number, random: () => number): T[] {
  const rest = [...from]
  return Array.from({ length: count }, () => rest.splice(Math.floor(random() * rest.length), 1)[0]!)
}
