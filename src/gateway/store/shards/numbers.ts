import type { CallRow } from '../call/calls.ts'
import type { WatchRow } from '../call/watches.ts'
import type { RecordedAttempt } from '../delivery/attempts.ts'
import type { Claim } from '../delivery/claims.ts'
import type { DeliveryRow } from '../delivery/row.ts'
import type { EventRow, RecordResult } from '../event/events.ts'

/**
 * The digits that a shard has for the numbers of its rows: those before them are the number of the shard. Shard 0 keeps its numbers, so
 * that those from the time before it was one of several stay valid.
 */
const SPAN = 1e12

/** A row of a shard. */
export interface Place {
  readonly shard: number
  /** The number of the row in its shard. */
  readonly row: number
}

/**
 * Returns the number by which a row of a shard is known outside.
 *
 * @example
 * ```ts
 * numberOf(3, 17) // 3000000000017
 * ```
 */
export const numberOf = (shard: number, row: number): number => shard * SPAN + row

/** Returns the shard of a row, and its number there. */
export const placeOf = (number: number): Place => ({ shard: Math.floor(number / SPAN), row: number % SPAN })

/** Rewrites the numbers of rows of a shard to those by which they are known outside. */
export interface Outside {
  readonly number: (row: number) => number
  readonly numbers: (rows: readonly number[]) => number[]
  readonly event: (row: EventRow) => EventRow
  readonly delivery: <Row extends DeliveryRow>(row: Row) => Row
  readonly due: <Row extends { readonly id: number }>(row: Row) => Row
  readonly watch: (row: WatchRow) => WatchRow
  readonly call: (row: CallRow) => CallRow
  readonly claim: (claim: Claim) => Claim
  readonly attempt: (recorded: RecordedAttempt) => RecordedAttempt
  readonly recorded: (result: RecordResult) => RecordResult
}

export function outsideOf(shard: number): Outside {
  const number = (row: number): number => numberOf(shard, row)
  const numbers = (rows: readonly number[]): number[] => rows.map(number)
  const withId = <Row extends { readonly id: number }>(row: Row): Row => ({ ...row, id: number(row.id) })
  const event = (row: EventRow): EventRow => ({ ...row, seq: number(row.seq) })
  const delivery = <Row extends DeliveryRow>(row: Row): Row => ({ ...withId(row), seq: number(row.seq) })
  return {
    number,
    numbers,
    event,
    delivery,
    due: withId,
    watch: withId,
    call: row => ({ ...row, seq: number(row.seq) }),
    claim: claim =>
      claim.kind === 'claimed' ? { ...claim, delivery: delivery(claim.delivery), event: event(claim.event) } : claim,
    attempt: recorded => ({ ...recorded, unblocked: numbers(recorded.unblocked) }),
    recorded: ({ question, ...result }) => ({
      ...result,
      seq: number(result.seq),
      deliveries: numbers(result.deliveries),
      ...(question && {
        question: { event: event(question.event), delivery: question.delivery && withId(question.delivery) },
      }),
    }),
  }
}
