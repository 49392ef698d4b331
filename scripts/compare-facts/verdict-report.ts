import type { Contradiction, Verdict } from './contradiction.ts'
import type { Explanation } from './statement.ts'

/**
 * Formats the result of a comparison with statements: failures first, with counts at the end.
 *
 * @param statements the number of statements compared
 * @param all also lists explained contradictions
 */
export function verdictReport(verdict: Verdict, statements: number, all: boolean): string {
  const { failures, warnings, explained, stale } = verdict
  return [
    ...formatSection(
      'Contradictions; correct the definitions, or explain the difference:',
      failures.map(formatContradiction),
    ),
    ...formatSection('Stale explanations; remove or update them:', stale.map(staleLine)),
    ...formatSection('Warnings, from one source each:', warnings.map(formatContradiction)),
    ...(all ? formatSection('Explained:', explained.map(formatContradiction)) : []),
    `${count(statements, 'statement')}: ${count(failures.length, 'contradiction')}, ${explained.length} explained, ` +
      `${count(warnings.length, 'warning')}, ${count(stale.length, 'stale explanation')}`,
    '',
  ].join('\n')
}

/** Formats the lines of a report under their title; nothing without lines. */
export const formatSection = (title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? [title, ...lines.map(text => `  ${text}`), ''] : []

const count = (number: number, name: string): string => `${number} ${name}${number === 1 ? '' : 's'}`

function formatContradiction({ of, at, facet, facts, definitions, certainty, sources }: Contradiction): string {
  return `${placeOf(of, at)}: ${facet} is ${written(facts)}, but ${written(definitions)} in the definitions (${certainty}: ${sources.join('; ')})`
}

const staleLine = ({ of, at = '', facet, definitions }: Explanation): string =>
  `${placeOf(of, at)}: ${facet} is ${written(definitions)} in the definitions`

const placeOf = (of: string, at: string): string => (at === '' ? of : `${of} ${at}`)

const written = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value))
