import type { Contradiction, Verdict } from './contradiction.ts'
import type { Explanation } from './statement.ts'

/**
 * Writes what a comparison with statements found: what fails first, then what does not, and the counts at the end.
 *
 * @param statements how many statements were compared
 * @param all lists the contradictions that have an explanation, too
 */
export function verdictReport(verdict: Verdict, statements: number, all: boolean): string {
  const { failures, warnings, explained, stale } = verdict
  return [
    ...section('Contradictions; correct the definitions, or explain why they differ:', failures.map(line)),
    ...section('Explanations of nothing; remove them, or say what the definitions say now:', stale.map(staleLine)),
    ...section('Warnings, of one source each:', warnings.map(line)),
    ...(all ? section('Explained:', explained.map(line)) : []),
    `${count(statements, 'statement')}: ${count(failures.length, 'contradiction')}, ${explained.length} explained, ` +
      `${count(warnings.length, 'warning')}, ${count(stale.length, 'explanation')} of nothing`,
    '',
  ].join('\n')
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? [title, ...lines.map(one => `  ${one}`), ''] : []

const count = (number: number, name: string): string => `${number} ${name}${number === 1 ? '' : 's'}`

function line({ of, at, facet, facts, definitions, certainty, sources }: Contradiction): string {
  return `${placeOf(of, at)}: ${facet} is ${written(facts)}, the definitions have ${written(definitions)} (${certainty}: ${sources.join('; ')})`
}

const staleLine = ({ of, at = '', facet, definitions }: Explanation): string =>
  `${placeOf(of, at)}: ${facet}, the definitions having ${written(definitions)}`

const placeOf = (of: string, at: string): string => (at === '' ? of : `${of} ${at}`)

const written = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value))
