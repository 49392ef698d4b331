import { createRandom } from '../state/random.ts'
import type { State } from '../state/state.ts'
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
   * @throws {TypeError} no rule, or one that this simulator cannot keep
   */
  add(rule: FaultRule): string
  /** Removes a rule; without an id, all of them. */
  clear(id?: string): void
  list(): FaultRecord[]
}

/** Properties of a request that select the rules for it. */
export interface FaultTarget {
  readonly api: 'v3' | 'v2'
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
   * @param applies whether an effect can have one here
   */
  applicableRules(stage: Stage, request: FaultTarget, applies?: (rule: FaultRule) => boolean): Iterable<FaultRule>
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
          throw new TypeError('A simulator in public-key mode has no platform certificate to rotate.')
        const id = String(1 + Math.max(0, ...[...rules.keys()].map(Number)))
        rules.set(id, { rule, matched: 0, hits: 0 })
        return id
      },
      clear(id) {
        if (id === undefined) rules.clear()
        else rules.delete(id)
      },
      list: () => [...rules].map(([id, kept]) => ({ id, ...kept })),
    },
    *applicableRules(stage, request, applies = () => true) {
      for (const [id, { rule, matched, hits }] of rules) {
        if (STAGES[rule.kind].stage !== stage || !fits(rule, request) || !applies(rule)) continue
        const strikes = matched >= (rule.after ?? 0) && hits < (rule.count ?? Infinity) && draw(rule, seed, id, matched)
        rules.set(id, { rule, matched: matched + 1, hits: hits + (strikes ? 1 : 0) })
        if (strikes) yield rule
      }
    },
  }
}

const fits = (rule: FaultRule, { api, method, path }: FaultTarget): boolean =>
  (STAGES[rule.kind].api ?? rule.api ?? api) === api &&
  (rule.api ?? api) === api &&
  (rule.method?.toUpperCase() ?? method) === method &&
  (rule.path === undefined || pattern(rule.path).test(path))

const draw = ({ probability = 1, seed: own }: FaultRule, seed: string, id: string, met: number): boolean =>
  probability >= 1 ||
  createRandom(own === undefined ? `${seed}/fault ${id}/${met}` : `${own}/${met}`).next() < probability

const patterns = new Map<string, RegExp>()

/**
 * Compiles a path pattern: `*` matches all but a slash, `**` anything. The slash that ends some documented paths may be
 * left out.
 */
function pattern(glob: string): RegExp {
  const known = patterns.get(glob)
  if (known) return known
  const source = glob
    .replace(/\/$/, '')
    .split(/(\*\*?)/)
    .map(part => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')))
  const made = new RegExp(`^${source.join('')}/?$`, 's')
  if (patterns.size < 1000) patterns.set(glob, made)
  return made
}
