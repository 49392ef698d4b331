import { type Difference, SYSTEMATIC } from './difference.ts'
import type { Facet } from './node.ts'

/** Number of endpoints and notifications on each side. */
export interface Sizes {
  facts: number
  definitions: number
}

/**
 * Formats the differences as text: one per line, grouped by endpoint, with counts at the end.
 *
 * @param all also lists systematic differences
 */
export function report(differences: readonly Difference[], sizes: Sizes, all: boolean): string {
  const listed = all ? differences : differences.filter(difference => !SYSTEMATIC.some(({ has }) => has(difference)))
  const groups = groupBy(listed, ({ of }) => of)
  const lines = [...groups].flatMap(([of, group]) => [of, ...group.map(difference => `  ${line(difference)}`), ''])
  return `${[...lines, ...summary(differences, listed, groups.size, sizes)].join('\n')}\n`
}

function groupBy(list: readonly Difference[], nameOf: (difference: Difference) => string): Map<string, Difference[]> {
  const groups = new Map<string, Difference[]>()
  for (const difference of list) groups.set(nameOf(difference), [...(groups.get(nameOf(difference)) ?? []), difference])
  return groups
}

function line({ at, kind, facts, definitions, members }: Difference): string {
  const place = at ? `${at}: ` : ''
  if (kind.startsWith('only ')) return `${place}${kind}${members ? `, with ${members} members` : ''}`
  if (Array.isArray(facts) && Array.isArray(definitions)) {
    const parts = [...facts.map(value => `-${value}`), ...definitions.map(value => `+${value}`)]
    return `${place}${kind}: ${parts.join(' ')}`
  }
  return `${place}${kind}: ${written(facts)} → ${written(definitions)}`
}

const written = (facet: Facet): string => (facet === undefined ? 'none' : JSON.stringify(facet))

function summary(all: readonly Difference[], listed: readonly Difference[], places: number, sizes: Sizes): string[] {
  const kinds = [...groupBy(listed, ({ kind }) => kind)].sort(([first], [second]) => (first < second ? -1 : 1))
  const systematic = SYSTEMATIC.map(({ name, why, has }) => ({ name, why, count: all.filter(has).length }))
  return [
    `${sizes.facts} in the facts, ${sizes.definitions} in the definitions: ${listed.length} differences in ${places} of them`,
    ...kinds.map(([kind, group]) => `  ${kind}: ${group.length}`),
    `systematic${listed.length === all.length ? '' : ', not listed one by one (--all lists them)'}:`,
    ...systematic.map(({ name, why, count }) => `  ${name}: ${count} fields (${why})`),
  ]
}
