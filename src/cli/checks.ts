import { CommandError } from './command.ts'
import { jsonText, singleLine, type Terminal } from './terminal.ts'

/** The result of one check. */
export interface Check {
  readonly name: string
  /** Undefined if it was not checked, or there is nothing to check. */
  readonly ok: boolean | undefined
  /** The finding, without a full stop. */
  readonly detail: string
  /** The remedy, without a full stop. */
  readonly fix?: string | undefined
}

export const passedCheck = (name: string, detail: string, fix?: string): Check => ({ name, ok: true, detail, fix })
/** Creates a failed check. `fix` is required, so that every failure says what to do. */
export const failedCheck = (name: string, detail: string, fix: string): Check => ({ name, ok: false, detail, fix })
export const skippedCheck = (name: string, detail: string, fix?: string): Check => ({
  name,
  ok: undefined,
  detail,
  fix,
})

/** Returns checks as programs read them: `ok` is null for what was not checked. */
export const checkRows = (checks: readonly Check[]): object[] =>
  checks.map(({ name, ok, detail, fix }) => ({ name, ok: ok ?? null, detail, fix }))

/**
 * Prints one line per check; as JSON, all checks and whether all of them passed.
 *
 * @param verdict further members of the JSON
 * @throws {CommandError} a check failed
 */
export function printChecks(
  checks: readonly Check[],
  { print }: Pick<Terminal, 'print'>,
  json: boolean,
  verdict: object = {},
): void {
  const failures = checks.filter(({ ok }) => ok === false)
  if (json) {
    print(jsonText({ ok: failures.length === 0, ...verdict, checks: checkRows(checks) }, 2))
  } else {
    const width = Math.max(...checks.map(({ name }) => name.length)) + 2
    for (const { name, ok, detail, fix } of checks)
      print(`${markOf(ok)} ${name.padEnd(width)}${singleLine([detail, fix].filter(Boolean).join('. '))}.`)
  }
  if (failures.length) throw new CommandError(`Failed: ${failures.map(({ name }) => name).join(', ')}.`)
}

const markOf = (ok: boolean | undefined): string => (ok === undefined ? '–' : ok ? '✓' : '✗')
