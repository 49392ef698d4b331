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

/** How far a command is with its checks, so that an interruption or a failure loses none that has ended. */
export interface CheckProgress {
  readonly ended: Check[]
  /** The name of the check that runs. */
  running: string
}

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
  const failed = failedNames(checks)
  print(json ? jsonOf(checks, { ok: failed === undefined, ...verdict }) : linesOf(checks))
  if (failed !== undefined) throw new CommandError(`Failed: ${failed}.`)
}

/** Prints the checks that have ended as {@link printChecks} does, and which one did not. */
export function printUnfinished(
  { ended, running }: CheckProgress,
  { print }: Pick<Terminal, 'print'>,
  json: boolean,
): void {
  const checks = [...ended, skippedCheck(running, 'did not end')]
  print(json ? jsonOf(checks, { ok: false, unfinished: running }) : linesOf(checks))
}

/** Creates the error of a command that was interrupted before all checks were made. */
export function interrupted({ ended, running }: CheckProgress): CommandError {
  const failed = failedNames(ended)
  return new CommandError(
    `Stopped before all checks were made: ${running} was interrupted.${failed === undefined ? '' : ` Failed: ${failed}.`}`,
  )
}

const jsonOf = (checks: readonly Check[], verdict: object): string =>
  jsonText({ ...verdict, checks: checkRows(checks) }, 2)

function linesOf(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2
  const lines = checks.map(
    ({ name, ok, detail, fix }) =>
      `${markOf(ok)} ${name.padEnd(width)}${singleLine([detail, fix].filter(Boolean).join('. '))}.`,
  )
  return lines.join('\n')
}

/** Returns the names of the failed checks, undefined if there are none. */
function failedNames(checks: readonly Check[]): string | undefined {
  const failures = checks.filter(({ ok }) => ok === false)
  return failures.length === 0 ? undefined : failures.map(({ name }) => name).join(', ')
}

const markOf = (ok: boolean | undefined): string => (ok === undefined ? '–' : ok ? '✓' : '✗')
