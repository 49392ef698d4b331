import { readFileSync } from 'node:fs'
import type { Explanation, Saying, StatedField, Statement } from '../../scripts/compare-facts/statement.ts'

const read = <T>(name: string): T[] =>
  readFileSync(new URL(name, import.meta.url), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T)

/** All statements of the tables beside this file, and the explanations of those that the definitions do not follow. */
export const statements = ['official.jsonl', 'one-source.jsonl', 'names.jsonl'].flatMap(name => read<Statement>(name))
const explanations = read<Explanation>('explained.jsonl')

/** One facet of one place, with what the definitions said of it before. */
export interface Fact {
  of: string
  /** Empty for the endpoint itself. */
  at: string
  facet: keyof Saying | 'exists'
  says: unknown
  /** `undefined`: nothing. */
  was: unknown
}

/** Returns the facts of a statement, facet by facet; of a field that was not known, and of its members, the fact that it exists. */
export function factsOf({ of, at = '', says, was }: Statement): Fact[] {
  return facts(says, was ?? undefined, at).map(fact => ({ of, ...fact }))
}

function facts(says: Saying | null, was: Saying | undefined, at: string): Omit<Fact, 'of'>[] {
  if (!says) return [{ at, facet: 'exists', says: false, was: true }]
  const { fields = [], ...facets } = says
  return [
    ...(was ? [] : [{ at, facet: 'exists' as const, says: true, was: false }]),
    ...Object.entries(facets)
      // A new field shows its type by being there, an old one by having another.
      .filter(([facet, value]) => facet !== 'type' || (was && was.type !== value))
      .map(([facet, value]) => ({ at, facet: facet as keyof Saying, says: value, was: was?.[facet as keyof Saying] })),
    ...fields.flatMap(({ name, ...field }: StatedField) => facts(field, undefined, `${at}.${name}`)),
  ]
}

/** Whether the definitions say what a fact does, and are not excused from it. */
export const isFollowed = ({ of, at, facet }: Fact): boolean =>
  !explanations.some(one => one.of === of && (one.at ?? '') === at && one.facet === facet)

/** An error that an endpoint answers with; `*` stands for any. */
export interface ErrorStatement {
  of: string
  code: string
  /** HTTP */
  status: number
  sources: readonly string[]
}

export const errorStatements = read<ErrorStatement>('errors.jsonl')
