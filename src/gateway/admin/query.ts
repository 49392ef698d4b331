import type { Context } from 'hono'
import { Refusal } from '../problem.ts'

/** Characters of an unknown name or number that its error shows. */
export const MAX_SHOWN = 40

/**
 * Reads a query. An unknown filter is refused, because ignoring it would return rows that it should exclude.
 *
 * @throws {Refusal} 400 `QUERY_INVALID` naming a parameter that is unknown, repeated or empty
 */
export function queryOf({ req }: Pick<Context, 'req'>, names: readonly string[]): Readonly<Record<string, string>> {
  const advice = names.length > 0 ? `Use ${names.join(', ')}.` : 'This page has no parameters.'
  const query: Record<string, string> = {}
  for (const [name, value] of new URL(req.url).searchParams) {
    const shown = JSON.stringify(name.slice(0, MAX_SHOWN))
    if (!names.includes(name)) throw invalid(`${shown} is unknown. ${advice}`)
    if (Object.hasOwn(query, name)) throw invalid(`${shown} is repeated. Give it once.`)
    if (value === '') throw invalid(`${shown} is empty. Give it a value, or leave it out.`)
    query[name] = value
  }
  return query
}

export const invalid = (detail: string): Refusal => new Refusal({ status: 400, code: 'QUERY_INVALID', detail })
