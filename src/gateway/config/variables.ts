import { unread } from './nearest.ts'
import type { Report } from './problems.ts'

export type Variables = Readonly<Record<string, unknown>>

/** A variable's text; one that is empty is not there. */
export function variableOf(env: Variables, name: string, report: Report): string | undefined {
  const value = env[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  report(name, 'a text is due, no binding')
  return undefined
}

/** Whether a variable is set at all: as text or as a binding. */
export const isSet = (env: Variables, name: string): boolean =>
  env[name] !== undefined && env[name] !== null && env[name] !== ''

/** Reports the variables that begin so and that nobody reads: a name misspelt must not go unnoticed. */
export function refuseUnread(env: Variables, prefix: string, known: readonly string[], report: Report): void {
  for (const name of Object.keys(env))
    if (name.startsWith(prefix) && isSet(env, name) && !known.includes(name)) report(name, unread(name, known))
}
