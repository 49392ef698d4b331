import type { Api } from '../../definitions/call.ts'
import { ParameterError } from '../parameter-error.ts'
/** Requests that a fault rule applies to. */
export interface FaultScope {
  /** Path without its query: `*` matches part of a segment, `**` any rest. Default: every path. */
  readonly path?: string
  readonly method?: string
  readonly api?: Api
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
       * - `delay`: the response is delayed by `ms`, by the real clock.
       * - `clock-skew`: the response is validly signed for `ms` later, or earlier if negative. APIv3 and brand API.
       */
      readonly kind: 'delay' | 'clock-skew'
      readonly ms: number
    }
  | {
      /**
       * The request is refused and has no effect: 429 `FREQUENCY_LIMITED`, 500 `SYSTEM_ERROR`, 502 with nginx's HTML. APIv2
       * has the first two as its `err_code`, with HTTP 200.
       */
      readonly kind: 'status'
      readonly status: 429 | 500 | 502
    }
  | {
      /**
       * - `cut-connection`: the connection is cut before the request takes effect.
       * - `lost-response`: the request takes effect, then the connection is cut.
       * - `cut-body`: the response breaks off in mid-body.
       * - `wrong-signature`: the response's signature is wrong.
       * - `unknown-serial`: the response names a key that does not exist. APIv3 and brand API.
       * - `rotate`: a newer platform certificate signs this response and all later ones. APIv3, not in public-key mode.
       */
      readonly kind: 'cut-connection' | 'lost-response' | 'cut-body' | 'wrong-signature' | 'unknown-serial' | 'rotate'
    }

/** A fault rule, plain JSON. */
export type FaultRule = FaultScope & FaultEffect
export type FaultKind = FaultEffect['kind']

export type Stage = 'request' | 'signature' | 'response'

/** The stage of an exchange at which a kind of fault applies, and the APIs that it is limited to. */
interface StageOfKind {
  readonly stage: Stage
  readonly apis?: readonly Api[]
}
const SIGNED_IN_HEADERS: readonly Api[] = ['v3', 'brand']

export const STAGES: Readonly<Record<FaultKind, StageOfKind>> = {
  rotate: { stage: 'request', apis: ['v3'] },
  status: { stage: 'request' },
  'cut-connection': { stage: 'request' },
  'clock-skew': { stage: 'signature', apis: SIGNED_IN_HEADERS },
  'unknown-serial': { stage: 'signature', apis: SIGNED_IN_HEADERS },
  'wrong-signature': { stage: 'signature' },
  delay: { stage: 'response' },
  'cut-body': { stage: 'response' },
  'lost-response': { stage: 'response' },
}

/** A field of a rule: its check, and the accepted values in words. */
interface RuleField {
  readonly accepts: (value: unknown) => boolean
  readonly expected: string
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
/** Maximum characters of a path pattern. */
const MAX_PATH = 500

const isText = (value: unknown): boolean => typeof value === 'string'

/** Fields of the scope, all optional. */
const SCOPE_FIELDS: Readonly<Record<string, RuleField>> = {
  path: {
    accepts: value => isText(value) && (value as string).startsWith('/') && (value as string).length <= MAX_PATH,
    expected: `a path that begins with /, of at most ${MAX_PATH} characters`,
  },
  method: { accepts: isText, expected: 'a text' },
  api: { accepts: value => ['v3', 'v2', 'brand'].includes(value as string), expected: 'v3, v2 or brand' },
  after: { accepts: isCount, expected: 'a whole number, 0 or more' },
  count: { accepts: isCount, expected: 'a whole number, 0 or more' },
  probability: { accepts: value => typeof value === 'number' && value >= 0 && value <= 1, expected: '0 to 1' },
  seed: { accepts: isText, expected: 'a text' },
}

/** The field that an effect requires. */
const EFFECT_FIELDS: Readonly<Partial<Record<FaultKind, RuleField & { readonly name: string }>>> = {
  delay: {
    name: 'ms',
    accepts: value => isCount(value) && (value as number) < 2 ** 31,
    expected: 'a whole number of milliseconds',
  },
  'clock-skew': {
    name: 'ms',
    accepts: Number.isSafeInteger,
    expected: 'a whole number of milliseconds, negative for earlier',
  },
  status: {
    name: 'status',
    accepts: value => [429, 500, 502].includes(value as number),
    expected: '429, 500 or 502',
  },
}

/**
 * Validates a rule, which may come from anybody over HTTP.
 *
 * @throws {TypeError} the rule is invalid
 */
export function readRule(given: FaultRule): FaultRule {
  const rule = Object(given) as FaultRule & Record<string, unknown>
  const { kind } = rule
  if (!Object.hasOwn(STAGES, kind))
    throw new ParameterError(
      `The fault kind ${JSON.stringify(kind)} is unknown; use one of ${Object.keys(STAGES).join(', ')}.`,
    )
  const valid: Record<string, unknown> = { kind }
  const required = EFFECT_FIELDS[kind]
  if (required) valid[required.name] = requireAccepted(rule[required.name], required.name, required)
  for (const [name, value] of Object.entries(rule)) {
    if (value === undefined || name === 'kind' || name === required?.name) continue
    const field = Object.hasOwn(SCOPE_FIELDS, name) ? SCOPE_FIELDS[name] : undefined
    if (!field)
      throw new ParameterError(
        `A fault of kind ${kind} has no field ${JSON.stringify(name)}; use ${fieldNames(required?.name)}.`,
      )
    valid[name] = requireAccepted(value, name, field)
  }
  const { apis } = STAGES[kind]
  if (apis && rule.api && !apis.includes(rule.api))
    throw new ParameterError(
      `A fault of kind ${kind} does not apply to ${rule.api}; remove api, or set it to ${apis.join(' or ')}.`,
    )
  return valid as unknown as FaultRule
}

/** @throws {TypeError} */
function requireAccepted(value: unknown, name: string, { accepts, expected }: RuleField): unknown {
  if (accepts(value)) return value
  throw new ParameterError(`The field "${name}" of a fault is ${JSON.stringify(value)}; it must be ${expected}.`)
}

const fieldNames = (required: string | undefined): string =>
  ['kind', ...(required === undefined ? [] : [required]), ...Object.keys(SCOPE_FIELDS)].join(', ')
