import { type Facet, type Node, type Nodes, single } from './node.ts'
import type { Certainty, Explanation, Saying, StatedField, Statement } from './statement.ts'

/** One thing that a statement says and the definitions deny. */
export interface Contradiction {
  of: string
  /** Empty for the endpoint itself. */
  at: string
  /** `required`; `exists` for a place that only one side has. */
  facet: string
  /** The facts of the statement. */
  facts: unknown
  /** The facts of the definitions; absent if they have none. */
  definitions?: unknown
  certainty: Certainty
  sources: readonly string[]
}

type Stated = Exclude<keyof Saying, 'fields'>

interface FacetRule {
  /** The facet of the definitions that is compared. */
  facet: string
  agrees(stated: unknown, defined: Facet): boolean
}

const asSet = (values: unknown): string => JSON.stringify([...(values as readonly string[])].map(String).sort())
const isSilent = (defined: Facet): boolean => defined === undefined

/** An absent flag is false. */
const flag = (facet: string): FacetRule => ({ facet, agrees: (stated, defined) => stated === (defined ?? false) })
const equal = (facet: string): FacetRule => ({ facet, agrees: (stated, defined) => (stated ?? undefined) === defined })
/** Accepts any fact about which the definitions are silent. */
const equalIfDefined = (facet: string): FacetRule => ({
  facet,
  agrees: (stated, defined) => isSilent(defined) || stated === defined,
})

/** When a definition agrees with a statement. */
const RULES: Readonly<Record<Stated, FacetRule>> = {
  type: {
    facet: 'type',
    agrees: (stated, defined) =>
      stated === defined ||
      (single(String(stated)) === 'number' && String(stated).replace('number', 'integer') === defined),
  },
  required: flag('required'),
  enum: {
    facet: 'enum',
    agrees: (stated, defined) =>
      stated === null || isSilent(defined) ? stated === null && isSilent(defined) : asSet(stated) === asSet(defined),
  },
  includes: {
    facet: 'enum',
    agrees: (stated, defined) =>
      isSilent(defined) || (stated as string[]).every(value => (defined as readonly string[]).includes(value)),
  },
  encrypted: equal('encrypted'),
  maxLength: equalIfDefined('maxLength'),
  format: equalIfDefined('format'),
  nonceless: flag('nonceless'),
  mtls: flag('mtls'),
  answer: equal('answer'),
  base: equal('base'),
  baseAlternative: equal('baseAlternative'),
}

/** Finds all that the statements say and the definitions deny, in the order of the statements. */
export function contradictionsOf(statements: readonly Statement[], definitions: Nodes): Contradiction[] {
  const find = finderIn(definitions)
  return statements.flatMap(({ of, at = '', says, certainty, sources }) => {
    const node = nodeAt(find(of), at)
    return contradictionsAt(node, says, at).map(one => ({ of, ...one, certainty, sources }))
  })
}

type Place = Omit<Contradiction, 'of' | 'certainty' | 'sources'>

function contradictionsAt(node: Node | undefined, says: Saying | null, at: string): Place[] {
  if (!says || !node) {
    const [facts, definitions] = [says !== null, node !== undefined]
    return facts === definitions ? [] : [{ at, facet: 'exists', facts, definitions }]
  }
  const { fields = [], ...stated } = says
  return [
    ...Object.entries(stated).flatMap(([name, facts]) => {
      const { facet, agrees } = RULES[name as Stated]
      const definitions = node.facets[facet]
      return agrees(facts, definitions) ? [] : [{ at, facet: name, facts, definitions }]
    }),
    ...fields.flatMap(({ name, ...field }: StatedField) =>
      contradictionsAt(node.members.get(name), field, `${at}.${name}`),
    ),
  ]
}

/** The parts of an endpoint (its body, its query) are there even when they are empty. */
const nodeAt = (node: Node | undefined, at: string): Node | undefined =>
  at === '' ? node : at.split('.').reduce((found: Node | undefined, name) => found?.members.get(name), node)

/** Placeholders are named as each source likes, and some write a slash at the end of a path. */
const pathOf = (of: string): string => of.replaceAll(/\{\w+\}/g, '{}').replace(/\/$/, '')

function finderIn(definitions: Nodes): (of: string) => Node | undefined {
  const byPath = new Map(Array.from(definitions, ([of, node]) => [pathOf(of), node]))
  return of => definitions.get(of) ?? byPath.get(pathOf(of))
}

/** The contradictions, sorted by whether they fail the comparison. */
export interface Verdict {
  /** Neither agreed with nor explained, and certain enough to fail. */
  failures: Contradiction[]
  /** Neither agreed with nor explained, by one source. */
  warnings: Contradiction[]
  explained: Contradiction[]
  /** Explanations of what is no contradiction, or no longer the same one. */
  stale: Explanation[]
}

/** Separates contradictions that have an explanation from those that have none. */
export function verdictOn(contradictions: readonly Contradiction[], explanations: readonly Explanation[]): Verdict {
  const verdict: Verdict = { failures: [], warnings: [], explained: [], stale: [] }
  const used = new Set<Explanation>()
  for (const one of contradictions) {
    const found = explanations.filter(explanation => explains(explanation, one))
    for (const explanation of found) used.add(explanation)
    if (found.length > 0) verdict.explained.push(one)
    else if (one.certainty === 'one source') verdict.warnings.push(one)
    else verdict.failures.push(one)
  }
  verdict.stale = explanations.filter(one => !used.has(one))
  return verdict
}

function explains({ of, at = '', facet, definitions }: Explanation, one: Contradiction): boolean {
  return (
    of === one.of && at === one.at && facet === one.facet && comparable(definitions) === comparable(one.definitions)
  )
}

const comparable = (value: unknown): string => (Array.isArray(value) ? asSet(value) : (JSON.stringify(value) ?? ''))
