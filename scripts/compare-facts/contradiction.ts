import { type Facet, type Node, type Nodes, single } from './node.ts'
import type { Certainty, Explanation, Saying, StatedField, Statement } from './statement.ts'

/** A fact of a statement that the definitions contradict. */
export interface Contradiction {
  of: string
  /** Dotted path; empty for the endpoint itself. */
  at: string
  /** The facet, such as `required`; `exists` for a place that only one side has. */
  facet: string
  /** The facts of the statement. */
  facts: unknown
  /** The facts of the definitions; absent if they have none. */
  definitions?: unknown
  certainty: Certainty
  sources: readonly string[]
}

type Stated = Exclude<keyof Saying, 'fields' | 'has'>

interface FacetRule {
  /** The facet of the definitions to compare. */
  facet: string
  agrees(stated: unknown, defined: Facet): boolean
}

const asSet = (values: unknown): string => JSON.stringify([...(values as readonly string[])].map(String).sort())
const isSilent = (defined: Facet): boolean => defined === undefined

/** An absent flag is false. */
const flag = (facet: string): FacetRule => ({ facet, agrees: (stated, defined) => stated === (defined ?? false) })
const equal = (facet: string): FacetRule => ({ facet, agrees: (stated, defined) => (stated ?? undefined) === defined })
/** Accepts any fact if the definitions have none. */
const equalIfDefined = (facet: string): FacetRule => ({
  facet,
  agrees: (stated, defined) => isSilent(defined) || stated === defined,
})

/** Rules for comparing each facet of a statement with the definitions. */
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

/** Finds all facts of statements that the definitions contradict, in the order of the statements. */
export function contradictionsOf(statements: readonly Statement[], definitions: Nodes): Contradiction[] {
  const find = finderIn(definitions)
  return statements.flatMap(({ of, at = '', says, certainty, sources }) => {
    const node = nodeAt(find(of), at)
    return contradictionsAt(node, says, at).map(place => ({ of, ...place, certainty, sources }))
  })
}

type Place = Omit<Contradiction, 'of' | 'certainty' | 'sources'>

function contradictionsAt(node: Node | undefined, says: Saying | null, at: string): Place[] {
  if (!says || !node) {
    const [facts, definitions] = [says !== null, node !== undefined]
    return facts === definitions ? [] : [{ at, facet: 'exists', facts, definitions }]
  }
  const { fields = [], has = [], ...stated } = says
  return [
    ...has.flatMap(name => contradictionsAt(nodeAt(node, name), {}, `${at}.${name}`)),
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

/** Finds the node at a dotted path. The parts of an endpoint (body, query) exist even if they are empty. */
const nodeAt = (node: Node | undefined, at: string): Node | undefined =>
  at === '' ? node : at.split('.').reduce((found: Node | undefined, name) => found?.members.get(name), node)

/** Normalizes a path: sources name placeholders differently, and some end paths with a slash. */
export const pathOf = (of: string): string => of.replaceAll(/\{\w+\}/g, '{}').replace(/\/$/, '')

/** Finds the node of a place: of an endpoint or a notification, at a dotted path. */
export const fieldAt = (definitions: Nodes, of: string, at: string): Node | undefined =>
  nodeAt(finderIn(definitions)(of), at)

function finderIn(definitions: Nodes): (of: string) => Node | undefined {
  const byPath = new Map(Array.from(definitions, ([of, node]) => [pathOf(of), node]))
  return of => definitions.get(of) ?? byPath.get(pathOf(of))
}

/** Contradictions by their effect on the comparison. */
export interface Verdict {
  /** Neither explained nor from a single source, so the comparison fails. */
  failures: Contradiction[]
  /** Not explained, but from a single source. */
  warnings: Contradiction[]
  explained: Contradiction[]
  /** Explanations for which there is no such contradiction (any more). */
  stale: Explanation[]
}

/** Separates contradictions with an explanation from those without. */
export function verdictOn(contradictions: readonly Contradiction[], explanations: readonly Explanation[]): Verdict {
  const verdict: Verdict = { failures: [], warnings: [], explained: [], stale: [] }
  const used = new Set<Explanation>()
  for (const contradiction of contradictions) {
    const found = explanations.filter(explanation => explains(explanation, contradiction))
    for (const explanation of found) used.add(explanation)
    if (found.length > 0) verdict.explained.push(contradiction)
    else if (contradiction.certainty === 'one source') verdict.warnings.push(contradiction)
    else verdict.failures.push(contradiction)
  }
  verdict.stale = explanations.filter(explanation => !used.has(explanation))
  return verdict
}

function explains({ of, at = '', facet, definitions }: Explanation, contradiction: Contradiction): boolean {
  return (
    of === contradiction.of &&
    at === contradiction.at &&
    facet === contradiction.facet &&
    comparable(definitions) === comparable(contradiction.definitions)
  )
}

const comparable = (value: unknown): string => (Array.isArray(value) ? asSet(value) : (JSON.stringify(value) ?? ''))
