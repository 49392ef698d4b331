import { type Contradiction, fieldAt } from './contradiction.ts'
import type { Details, Field, Nodes } from './node.ts'

/** A line of the table of details: what sources say of the fields of an endpoint, by dotted path. */
export interface DetailLine {
  of: string
  says: Readonly<Record<string, Details & { sources?: number }>>
}

/**
 * Finds the details that the definitions lack or contradict. Unlike a statement's, a detail must stand in the definitions,
 * because completions and the simulator tell no more than they do.
 */
export function detailContradictions(lines: readonly DetailLine[], definitions: Nodes): Contradiction[] {
  return lines.flatMap(({ of, says }) =>
    Object.entries(says).flatMap(([at, { sources = 1, ...stated }]): Contradiction[] => {
      const field = fieldAt(definitions, of, at) as Field | undefined
      const source = {
        // A detail of one source stands in the definitions on purpose, too: its loss is no warning.
        certainty: 'two sources',
        sources: [`details.jsonl, from ${sources === 1 ? 'one source' : `${sources} sources`}`],
      } as const
      if (!field) return [{ of, at, facet: 'exists', facts: true, definitions: false, ...source }]
      return Object.entries(stated).flatMap(([facet, facts]) => {
        const defined = field.details?.[facet as keyof Details]
        return agrees(facts, defined) ? [] : [{ of, at, facet, facts, definitions: defined, ...source }]
      })
    }),
  )
}

/** Returns whether the definitions have a detail; of names, all that are stated. */
function agrees(stated: unknown, defined: unknown): boolean {
  if (typeof stated !== 'object' || stated === null) return stated === defined
  return Object.entries(stated).every(([value, name]) => (defined as Details['labels'])?.[value] === name)
}
