import { type Facet, type Node, type Nodes, single } from './node.ts'

/** A difference between facts and definitions. */
export interface Difference {
  /** The endpoint or notification: `v3 POST /v3/pay/transactions/jsapi`. */
  of: string
  /** Dotted path: `body.payer.openid`; empty for the endpoint itself. */
  at: string
  /** `only in the facts`, `only in the definitions`, or the facet that differs: `type`. */
  kind: string
  facts?: Facet
  definitions?: Facet
  /** Number of members below, if only one side has it. */
  members?: number
}

const ONLY_FACTS = 'only in the facts'
const ONLY_DEFINITIONS = 'only in the definitions'

/** Finds all differences, sorted by endpoint and place. */
export function differencesOf(facts: Nodes, definitions: Nodes): Difference[] {
  return sortedNames(facts, definitions).flatMap(of => {
    const [fact, definition] = [facts.get(of), definitions.get(of)]
    if (!fact) return [{ of, at: '', kind: ONLY_DEFINITIONS }]
    if (!definition) return [{ of, at: '', kind: ONLY_FACTS }]
    return differencesBetween(fact, definition, '').map(difference => ({ of, ...difference }))
  })
}

type Place = Omit<Difference, 'of'>

function differencesBetween(fact: Node, definition: Node, at: string): Place[] {
  return [...facetDifferences(fact, definition, at), ...memberDifferences(fact, definition, at)]
}

function facetDifferences(fact: Node, definition: Node, at: string): Place[] {
  const kinds = new Set([...Object.keys(fact.facets), ...Object.keys(definition.facets)])
  return [...kinds].flatMap(kind => {
    const facts = fact.facets[kind]
    const definitions = definition.facets[kind]
    if (Array.isArray(facts) || Array.isArray(definitions)) return setDifference(at, kind, facts, definitions)
    return facts === definitions ? [] : [{ at, kind, facts, definitions }]
  })
}

/** Compares two sets; returns the values that only one of them has. */
function setDifference(at: string, kind: string, fact: Facet, definition: Facet): Place[] {
  const facts = valuesOf(fact)
  const definitions = valuesOf(definition)
  const missing = facts.filter(value => !definitions.includes(value))
  const added = definitions.filter(value => !facts.includes(value))
  return missing.length + added.length === 0 ? [] : [{ at, kind, facts: missing, definitions: added }]
}

const valuesOf = (facet: Facet): string[] => [facet ?? []].flat().map(String).sort()

function memberDifferences({ members: facts }: Node, { members: definitions }: Node, at: string): Place[] {
  return sortedNames(facts, definitions).flatMap(name => {
    const [fact, definition] = [facts.get(name), definitions.get(name)]
    const place = at ? `${at}.${name}` : name
    if (fact && definition) return differencesBetween(fact, definition, place)
    const node = (fact ?? definition)!
    return [{ at: place, kind: fact ? ONLY_FACTS : ONLY_DEFINITIONS, members: size(node) }]
  })
}

const size = ({ members }: Node): number => [...members.values()].reduce((sum, member) => sum + 1 + size(member), 0)

const sortedNames = (facts: Nodes, definitions: Nodes): string[] =>
  [...new Set([...facts.keys(), ...definitions.keys()])].sort()

/** A deliberate difference that occurs throughout the definitions; counted instead of listed. */
export interface Systematic {
  name: string
  why: string
  has(difference: Difference): boolean
}

export const SYSTEMATIC: readonly Systematic[] = [
  {
    name: 'number → integer',
    why: 'amounts are integers, in fen',
    has: ({ kind, facts, definitions }) =>
      kind === 'type' &&
      single(String(facts)) === 'number' &&
      String(definitions) === String(facts).replace('number', 'integer'),
  },
  {
    name: 'nonce_str, sign',
    why: 'an APIv2 request gets them from the client',
    has: ({ of, at, kind }) =>
      of.startsWith('v2 ') && kind === ONLY_FACTS && /^(body|query)\.(nonce_str|sign)$/.test(at),
  },
  {
    name: 'create_time of a notification',
    why: 'RFC 3339 (date-time), like every time in APIv3',
    has: ({ of, at, kind, facts, definitions }) =>
      /^v3 [^ ]+$/.test(of) && at === 'body.create_time' && kind === 'format' && !facts && definitions === 'date-time',
  },
  {
    name: 'personal',
    why: 'the facts have no word for it',
    has: ({ kind }) => kind === 'personal',
  },
  {
    name: 'label added',
    why: 'the facts have none for the field',
    has: ({ kind, facts }) => kind === 'label' && facts === undefined,
  },
]
