import type { Api } from '../../definitions/call.ts'
import { ParameterError } from '../parameter-error.ts'
import { createRandom } from '../state/random.ts'
import type { State } from '../state/state.ts'
import { matchesPath } from './path-pattern.ts'
import { type FaultRule, readRule, STAGES, type Stage } from './rule.ts'

/** A fault rule and its counts. */
export interface FaultRecord {
  readonly id: string
  readonly rule: FaultRule
  /** Requests that matched the rule's scope. */
  readonly matched: number
  /** Requests that the rule was applied to. */
  readonly hits: number
}

/** Faults on demand. */
export interface FaultControl {
  /**
   * Adds a rule. Rules apply in the order in which they were added.
   *
   * @returns the rule's id
   * @throws {TypeError} the rule is invalid, or cannot apply to this simulator
   */
  add(rule: FaultRule): string
  /** Removes a rule; without an id, all of them. */
  clear(id?: string): void
  list(): FaultRecord[]
}

/** Properties of a request that select the rules for it. */
export interface FaultTarget {
  readonly api: Api
  readonly method: string
  readonly path: string
}

export interface Faults {
  readonly control: FaultControl
  /**
   * Yields the rules to apply at a stage of an exchange, in order. Rules after one that ends the exchange are not
   * reached, because the caller stops iterating. A rule decides by its own count of matching requests, so the same
   * requests get the same faults whatever else happens.
   *
   * @param canApply whether the rule's effect is possible here; a rule without effect does not count the request
   */
  applicableRules(stage: Stage, request: FaultTarget, canApply?: (rule: FaultRule) => boolean): Iterable<FaultRule>
}

type StoredRule = Omit<FaultRecord, 'id'>

/** @param canRotate whether there are platform certificates */
export function createFaults(state: State, seed: string, canRotate: boolean): Faults {
  const rules = state.map<StoredRule>('faults')
  return {
    control: {
      add(given) {
        const rule = readRule(given)
        if (rule.kind === 'rotate' && !canRotate)
          throw new ParameterError(
            'A simulator in public-key mode has no platform certificate to rotate; create it with platform "certificate" or "both".',
          )
        const id = String(1 + Math.max(0, ...[...rules.keys()].map(Number)))
        rules.set(id, { rule, matched: 0, hits: 0 })
        return id
      },
      clear(id) {
        if (id === undefined) rules.clear()
        else rules.delete(id)
      },
      list: () => [...rules].map(([id, stored]) => ({ id, ...stored })),
    },
    *applicableRules(stage, request, canApply = () => true) {
      for (const [id, { rule, matched, hits }] of rules) {
        if (STAGES[rule.kind].stage !== stage || !matches(rule, request) || !canApply(rule)) continue
        const isHit =
          matched >= (rule.after ?? 0) &&
          hits < (rule.count ?? Infinity) &&
          drawHit(rule, `${seed}/fault ${id}`, matched)
        rules.set(id, { rule, matched: matched + 1, hits: hits + (isHit ? 1 : 0) })
        if (isHit) yield rule
      }
    },
  }
}

const matches = (rule: FaultRule, { api, method, path }: FaultTarget): boolean =>
  (STAGES[rule.kind].apis ?? [api]).includes(api) &&
  (rule.api ?? api) === api &&
  (rule.method?.toUpperCase() ?? method) === method &&
  (rule.path === undefined || matchesPath(rule.path, path))

/** Returns whether the rule's probability selects a request, by the number of requests that matched before it. */
const drawHit = ({ probability = 1, seed }: FaultRule, defaultSeed: string, matched: number): boolean =>
  probability >= 1 || createRandom(`${seed ?? defaultSeed}/${matched}`).next() < probability
