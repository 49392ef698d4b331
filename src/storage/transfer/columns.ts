import { exceededBound, MAX_DEPTH, MAX_VALUES } from '../../gateway/body/json-bounds.ts'
import { NEVER } from '../../gateway/store/call/watches.ts'
import type { SqlRow } from '../../gateway/store/sql.ts'
import { readTraceparent } from '../../gateway/trace/traceparent.ts'

/** The kind and range of the values of a column, which an import requires before it writes a row. */
export interface Column {
  /** Completes "must be …". */
  readonly description: string
  readonly accepts: (value: unknown) => boolean
  /** A later version may write other words. */
  readonly isExtensible?: true
  /**
   * Milliseconds that something may wait for the time at most. An import shortens a longer wait: a clock that was set ahead may have
   * written it, and the imported ledger does not know that the clock was set back since.
   */
  readonly maxWait?: number
}

/**
 * The bound of numbers of rows. The rows after an import have higher numbers, which must stay integers that JavaScript represents exactly
 * also if the ledger becomes one of several shards, whose numbers follow the digits of this bound (`SPAN`).
 */
const MAX_ROW = 1e12
/** Milliseconds from 1970 to the last time that a `Date` can be. */
const MAX_TIME = 8.64e15

/** The number of a row. */
export const ROW: Column = {
  description: `an integer from 1 to ${MAX_ROW - 1}`,
  accepts: value => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) < MAX_ROW,
}

/** The bound of counts, which leaves them room to grow: an integer above 2^53 would make its row unreadable. */
const MAX_COUNT = 1e15

/** A count, a code of HTTP, or 0 and 1 for no and yes. */
export const COUNT: Column = {
  description: `an integer from 0 to ${MAX_COUNT}`,
  accepts: value => FEN.accepts(value) && (value as number) <= MAX_COUNT,
}

/** An amount of money, to which nothing is added. */
export const FEN: Column = {
  description: 'an integer of at least 0',
  accepts: value => Number.isSafeInteger(value) && (value as number) >= 0,
}

/** Milliseconds that an attempt took. They are negative if the clock was set back meanwhile. */
export const DURATION: Column = { description: 'an integer', accepts: Number.isSafeInteger }

/** The end of the times that a position of the event stream can have: 15 digits. */
const TIME_END = 1e15

/** A time that a gateway has read from its clock, which may have been set ahead by years. */
export const CLOCK_TIME: Column = {
  description: `a time from 1970 on in milliseconds, below ${TIME_END}`,
  accepts: value => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < TIME_END,
}

/** A time for which a delivery, a lease or a query waits. */
export const waiting = (maxWait: number): Column => ({ ...CLOCK_TIME, maxWait })

/** As {@link waiting}, or {@link NEVER}. */
export const waitingOrNever = (maxWait: number): Column => ({
  description: `${CLOCK_TIME.description}, or ${NEVER}`,
  accepts: value => value === NEVER || CLOCK_TIME.accepts(value),
  maxWait,
})

/** Shortens the waits of a row that are longer than a gateway makes them. */
export function shortenWaits(columns: Readonly<Record<string, Column>>, row: SqlRow, now: number): SqlRow {
  const shortened = { ...row }
  for (const [column, { maxWait }] of Object.entries(columns)) {
    const value = row[column]
    if (maxWait !== undefined && typeof value === 'number' && value !== NEVER)
      shortened[column] = Math.min(value, now + maxWait)
  }
  return shortened
}

/** A time that WeChat Pay or a caller has sent. */
export const TIME: Column = {
  description: 'a time in milliseconds since 1970',
  accepts: value => Number.isInteger(value) && Math.abs(value as number) <= MAX_TIME,
}

/** A sum of a counter. That of durations is negative if the clock was set back. */
export const SUM: Column = {
  description: `a number from ${-MAX_COUNT} to ${MAX_COUNT}`,
  accepts: value => Number.isFinite(value) && Math.abs(value as number) <= MAX_COUNT,
}

/** The tokens of a bucket. */
export const TOKENS: Column = {
  description: `a number from 0 to ${MAX_COUNT}`,
  accepts: value => SUM.accepts(value) && (value as number) >= 0,
}

export const TEXT: Column = { description: 'a text', accepts: value => typeof value === 'string' }

/** @param description completes "must be …" */
export const matching = (pattern: RegExp, description: string): Column => ({
  description,
  accepts: value => typeof value === 'string' && pattern.test(value),
})

/** The code of an error. */
export const CODE: Column = matching(/^\w{1,64}$/, 'a code of letters, digits and underscores')

export const TRACEPARENT: Column = {
  description: 'a traceparent of W3C Trace Context',
  accepts: value => typeof value === 'string' && readTraceparent(value) !== undefined,
}

export const optional = ({ description, accepts }: Column): Column => ({
  description: `${description}, or null`,
  accepts: value => value === null || accepts(value),
})

export const oneOf = <Value extends string>(...values: readonly Value[]): Column => ({
  description: `one of ${values.join(', ')}`,
  accepts: value => (values as readonly unknown[]).includes(value),
})

/** A word of those that this version knows. */
export const knownWord = <Value extends string>(...values: readonly Value[]): Column => ({
  ...oneOf(...values),
  isExtensible: true,
})

/**
 * JSON text, as the ledger parses it, within the bounds of a call's body: code that reads it needs stack for each level.
 *
 * @param description of the value, which is not part of an error otherwise
 */
export const json = (description: string, accepts: (value: unknown) => boolean): Column => ({
  description: `JSON of ${description}, of at most ${MAX_DEPTH} levels and ${MAX_VALUES} values`,
  accepts(text) {
    try {
      return typeof text === 'string' && exceededBound(text) === undefined && accepts(JSON.parse(text))
    } catch {
      return false
    }
  },
})

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isTexts = (value: unknown): boolean => isObject(value) && Object.values(value).every(TEXT.accepts)

export const JSON_OBJECT: Column = json('an object', isObject)
/**
 * The labels of a counter.
 *
 * @see https://prometheus.io/docs/concepts/data_model/
 */
export const LABELS: Column = json(
  'an object of texts, whose names Prometheus accepts as labels',
  value => isTexts(value) && Object.keys(value as object).every(name => /^[a-zA-Z_]\w*$/.test(name)),
)

/** `Transmission` of `src/gateway/store/event/events.ts`. */
export const TRANSMISSIONS: Column = json(
  'pairs of a nonce and a time',
  value =>
    Array.isArray(value) &&
    value.every(pair => Array.isArray(pair) && pair.length === 2 && TEXT.accepts(pair[0]) && TIME.accepts(pair[1])),
)

/** `Placing` of `src/gateway/store/call/placings.ts`. */
export const PLACINGS: Column = json(
  'lists of two times',
  value =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      placing =>
        Array.isArray(placing) &&
        TIME.accepts(placing[0]) &&
        TIME.accepts(placing[1]) &&
        (placing.length === 2 || (placing.length === 3 && placing[2] === 1)),
    ),
)

/** `KeptResponse` of `src/gateway/store/call/calls.ts`, from which a `Response` is made. */
export const KEPT_RESPONSE: Column = json('a response', value => {
  if (!isObject(value) || !isTexts(value.headers)) return false
  const { status, body } = value
  return (
    Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599 && optional(TEXT).accepts(body)
  )
})
