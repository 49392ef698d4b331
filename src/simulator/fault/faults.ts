import { createRandom } from '../state/random.ts'
import type { State } from '../state/state.ts'
import { type FaultRule, readRule, STAGES, type Stage } from './rule.ts'

/** A rule and what has become of it. */
export interface FaultRecord {
  readonly id: string
  readonly rule: FaultRule
  /** How many requests were such as it befalls. */
  readonly matched: number
  /** How many it struck. */
  readonly hits: number
}

/** Faults on demand. */
export interface FaultControl {
  /**
   * From now on this goes wrong, in the order in which rules were added.
   *
   * @returns the rule's id
   * @throws {TypeError} no rule, or one that this simulator cannot keep
   */
  add(rule: FaultRule): string
  /** Takes a rule away; without an id all of them. */
  clear(id?: string): void
  list(): FaultRecord[]
}

/** What a rule is chosen by. */
export interface FaultTarget {
  readonly api: 'v3' | 'v2'
  readonly method: string
  readonly path: string
}

export interface Faults {
  readonly control: FaultControl
  /**
   * Which rules strike at this point of an exchange, one after the other: those behind one that ends it are not met. Each
   * decides by its own count of the requests that it has met, so that the same requests have the same faults, whatever
   * else goes on.
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

/** `*` is anything but a slash, `**` anything. The slash that ends some documented paths may be left out. */
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
