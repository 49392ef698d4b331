import { CommandError } from './command.ts'
import { singleLine, type Terminal } from './terminal.ts'

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

export const passed = (name: string, detail: string, fix?: string): Check => ({ name, ok: true, detail, fix })
/** Creates a failed check. `fix` is required, so that every failure says what to do. */
export const failed = (name: string, detail: string, fix: string): Check => ({ name, ok: false, detail, fix })
export const skipped = (name: string, detail: string, fix?: string): Check => ({ name, ok: undefined, detail, fix })

/**
 * Prints one line per check; as JSON, all checks and whether all of them passed.
 *
 * @throws {CommandError} a check failed
 */
export function printChecks(checks: readonly Check[], { print }: Pick<Terminal, 'print'>, json: boolean): void {
  const failures = checks.filter(({ ok }) => ok === false)
  if (json) {
    const rows = checks.map(({ name, ok = null, detail, fix }) => ({ name, ok, detail, fix }))
    print(JSON.stringify({ ok: failures.length === 0, checks: rows }, undefined, 2))
  } else {
    const width = Math.max(...checks.map(({ name }) => name.length)) + 2
    for (const { name, ok, detail, fix } of checks)
      print(`${markOf(ok)} ${name.padEnd(width)}${singleLine([detail, fix].filter(Boolean).join('. '))}.`)
  }
  if (failures.length) throw new CommandError(`Failed: ${failures.map(({ name }) => name).join(', ')}.`)
}

const markOf = (ok: boolean | undefined): string => (ok === undefined ? '–' : ok ? '✓' : '✗')
