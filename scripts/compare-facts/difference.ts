import { type Facet, type Node, type Nodes, single } from './node.ts'

/** One thing in which facts and definitions are not alike. */
export interface Difference {
  /** The endpoint or notification: `v3 POST /v3/pay/transactions/jsapi`. */
  of: string
  /** Where in it: `body.payer.openid`; empty for the endpoint itself. */
  at: string
  /** `only in the facts`, `only in the definitions`, or the facet that differs: `type`. */
  kind: string
  facts?: Facet
  definitions?: Facet
  /** The number of members below, if only one side has it. */
  members?: number
}

const ONLY_FACTS = 'only in the facts'
const ONLY_DEFINITIONS = 'only in the definitions'

/** All differences, by endpoint, then by place. */
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
    const [one, other] = [fact.facets[kind], definition.facets[kind]]
    if (Array.isArray(one) || Array.isArray(other)) return setDifference(at, kind, one, other)
    return one === other ? [] : [{ at, kind, facts: one, definitions: other }]
  })
}

/** Only what one has and the other has not. */
function setDifference(at: string, kind: string, one: Facet, other: Facet): Place[] {
  const [facts, definitions] = [[one ?? []].flat(), [other ?? []].flat()].map(list => list.map(String).sort())
  const missing = facts!.filter(value => !definitions!.includes(value))
  const added = definitions!.filter(value => !facts!.includes(value))
  return missing.length + added.length === 0 ? [] : [{ at, kind, facts: missing, definitions: added }]
}

function memberDifferences({ members: facts }: Node, { members: definitions }: Node, at: string): Place[] {
  return sortedNames(facts, definitions).flatMap(name => {
    const [fact, definition] = [facts.get(name), definitions.get(name)]
    const place = at ? `${at}.${name}` : name
    if (fact && definition) return differencesBetween(fact, definition, place)
    const only = (fact ?? definition)!
    return [{ at: place, kind: fact ? ONLY_FACTS : ONLY_DEFINITIONS, members: size(only) }]
  })
}

const size = ({ members }: Node): number => [...members.values()].reduce((sum, one) => sum + 1 + size(one), 0)

const sortedNames = (one: Nodes, other: Nodes): string[] => [...new Set([...one.keys(), ...other.keys()])].sort()

/** A way in which the definitions depart from the facts throughout, and on purpose: counted, not listed. */
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
    why: 'RFC 3339 (date-time), as every time of APIv3',
    has: ({ of, at, kind, facts, definitions }) =>
      /^v3 [^ ]+$/.test(of) && at === 'body.create_time' && kind === 'format' && !facts && definitions === 'date-time',
  },
  {
    name: 'label added',
    why: 'the facts have none for the field',
    has: ({ kind, facts }) => kind === 'label' && facts === undefined,
  },
]
