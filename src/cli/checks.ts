import { CommandError } from './command.ts'
import { plain, type Terminal } from './terminal.ts'

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  /** Undefined: not looked at, or there is nothing to look at. */
  readonly ok: boolean | undefined
  /** The finding, without a full stop. */
  readonly says: string
  /** The cure, without a full stop. */
  readonly cure?: string | undefined
}

export const good = (name: string, says: string, cure?: string): Check => ({ name, ok: true, says, cure })
/** @param cure what to do: somebody who reads that a check failed must not be left with that */
export const bad = (name: string, says: string, cure: string): Check => ({ name, ok: false, says, cure })
export const skipped = (name: string, says: string, cure?: string): Check => ({ name, ok: undefined, says, cure })

/**
 * Prints checks, a line each; as JSON, all of them and whether none is bad.
 *
 * @throws {CommandError} one is bad
 */
export function printChecks(checks: readonly Check[], { print }: Pick<Terminal, 'print'>, json: boolean): void {
  const failed = checks.filter(({ ok }) => ok === false)
  if (json) {
    const rows = checks.map(({ name, ok = null, says, cure }) => ({ name, ok, says, cure }))
    print(JSON.stringify({ good: failed.length === 0, checks: rows }, undefined, 2))
  } else {
    const width = Math.max(...checks.map(({ name }) => name.length)) + 2
    for (const { name, ok, says, cure } of checks)
      print(`${markOf(ok)} ${name.padEnd(width)}${plain([says, cure].filter(Boolean).join('. '))}.`)
  }
  if (failed.length) throw new CommandError(`Not good: ${failed.map(({ name }) => name).join(', ')}.`)
}

const markOf = (ok: boolean | undefined): string => (ok === undefined ? '–' : ok ? '✓' : '✗')
