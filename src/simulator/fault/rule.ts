/** Requests that a fault rule applies to. */
export interface FaultScope {
  /** Path without its query: `*` matches part of a segment, `**` any rest. Default: every path. */
  readonly path?: string
  readonly method?: string
  readonly api?: 'v3' | 'v2'
  /** Number of matching requests to leave alone first. */
  readonly after?: number
  /** Maximum number of requests to apply the rule to. */
  readonly count?: number
  /** Probability of applying the rule, 0 to 1. Default 1. */
  readonly probability?: number
  /** Seed of the probability. Default: the simulator's own seed. */
  readonly seed?: string
}

/** Effect of a fault rule. */
export type FaultEffect =
  | {
      /**
       * - `delay`: the answer comes late, `ms` by the real clock.
       * - `clock-skew`: the answer is validly signed for `ms` later, or earlier. APIv3.
       */
      readonly kind: 'delay' | 'clock-skew'
      readonly ms: number
    }
  | {
      /**
       * The request is refused without effect: 429 `FREQUENCY_LIMITED`, 500 `SYSTEM_ERROR`, 502 in a proxy's HTML. APIv2
       * says the first two as its `err_code`, with HTTP 200.
       */
      readonly kind: 'status'
      readonly status: 429 | 500 | 502
    }
  | {
      /**
       * - `cut-connection`: the connection is cut before the request takes effect.
       * - `lost-response`: the request takes effect, then the connection is cut.
       * - `cut-body`: the answer breaks off in mid-body.
       * - `wrong-signature`: the answer's signature does not fit.
       * - `unknown-serial`: the answer names a key that nobody has. APIv3.
       * - `rotate`: a newer platform certificate signs from this answer on. APIv3, not in public-key mode.
       */
      readonly kind: 'cut-connection' | 'lost-response' | 'cut-body' | 'wrong-signature' | 'unknown-serial' | 'rotate'
    }

/** A fault rule, plain JSON. */
export type FaultRule = FaultScope & FaultEffect
export type FaultKind = FaultEffect['kind']

export type Stage = 'request' | 'signature' | 'answer'

/** The stage of an exchange at which a kind of fault applies, and the API version that it is limited to. */
interface StageOfKind {
  readonly stage: Stage
  readonly api?: 'v3'
}

export const STAGES: Readonly<Record<FaultKind, StageOfKind>> = {
  rotate: { stage: 'request', api: 'v3' },
  status: { stage: 'request' },
  'cut-connection': { stage: 'request' },
  'clock-skew': { stage: 'signature', api: 'v3' },
  'unknown-serial': { stage: 'signature', api: 'v3' },
  'wrong-signature': { stage: 'signature' },
  delay: { stage: 'answer' },
  'cut-body': { stage: 'answer' },
  'lost-response': { stage: 'answer' },
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isText = (value: unknown): boolean => typeof value === 'string'

const FIELDS: Readonly<Record<string, { fits: (value: unknown) => boolean; due: string }>> = {
  path: { fits: value => isText(value) && (value as string).startsWith('/'), due: 'a path from its first slash on' },
  method: { fits: isText, due: 'a text' },
  api: { fits: value => value === 'v3' || value === 'v2', due: 'v3 or v2' },
  after: { fits: isCount, due: 'a whole number' },
  count: { fits: isCount, due: 'a whole number' },
  probability: { fits: value => typeof value === 'number' && value >= 0 && value <= 1, due: '0 to 1' },
  seed: { fits: isText, due: 'a text' },
}

/** The field that an effect requires beyond its scope. */
const NEEDS: Readonly<
  Partial<Record<FaultKind, readonly [field: string, fits: (value: unknown) => boolean, due: string]>>
> = {
  delay: ['ms', value => isCount(value) && (value as number) < 2 ** 31, 'a whole number of milliseconds'],
  'clock-skew': ['ms', Number.isSafeInteger, 'a whole number of milliseconds, negative for earlier'],
  status: ['status', value => [429, 500, 502].includes(value as number), '429, 500 or 502'],
}

/**
 * Validates a rule, which may come from anybody over HTTP.
 *
 * @throws {TypeError} what is no rule
 */
export function readRule(given: FaultRule): FaultRule {
  const rule = Object(given) as FaultRule & Record<string, unknown>
  const { kind } = rule
  if (!Object.hasOwn(STAGES, kind))
    throw new TypeError(`A fault's kind is one of ${Object.keys(STAGES).join(', ')}, not ${JSON.stringify(kind)}.`)
  const kept: Record<string, unknown> = { kind }
  const [needed, fits, due] = NEEDS[kind] ?? []
  if (needed !== undefined) {
    if (!fits!(rule[needed])) throw wrong(needed, due!, rule[needed])
    kept[needed] = rule[needed]
  }
  for (const [name, value] of Object.entries(rule)) {
    if (value === undefined || name === 'kind' || name === needed) continue
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
    if (!field) throw new TypeError(`A fault of kind ${kind} has no ${JSON.stringify(name)}.`)
    if (!field.fits(value)) throw wrong(name, field.due, value)
    kept[name] = value
  }
  if (STAGES[kind].api === 'v3' && rule.api === 'v2') throw new TypeError(`APIv2 has no fault of kind ${kind}.`)
  return kept as unknown as FaultRule
}

const wrong = (name: string, due: string, value: unknown): TypeError =>
  new TypeError(`A fault's "${name}" is ${due}, not ${JSON.stringify(value)}.`)
