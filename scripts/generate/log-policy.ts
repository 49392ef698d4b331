import { parse } from 'yaml'
import { DefinitionError } from './source.ts'

/** Which fields a debug log of the gateway may show, by their names: `src/definitions/log-policy.yaml`. */
export interface LogPolicy {
  /** Shown wherever a definition has them. */
  readonly shown: ReadonlySet<string>
  /** Shown where the definition lists their values. */
  readonly shownIfListed: ReadonlySet<string>
  /** Never shown, though nobody is known by them: text that somebody wrote, URLs, tokens, files. */
  readonly withheld: ReadonlySet<string>
}

/** Shows nothing, and has decided nothing. */
export const NO_POLICY: LogPolicy = { shown: new Set(), shownIfListed: new Set(), withheld: new Set() }

/** The way a log treats the value of a field. */
export type Treatment = 'shown' | 'redacted' | 'encrypted'

/** The facts of the definitions about a field that holds a value. */
export interface FieldFacts {
  readonly name: string
  /** `x-personal`, of the field or of what it lies in. */
  readonly isPersonal: boolean
  /** `x-encrypted` */
  readonly isEncrypted: boolean
  /** Its values are listed (`enum`, `const`). */
  readonly isListed: boolean
}

/**
 * Reads the policy.
 *
 * @throws {DefinitionError} naming the line's name where a name is decided twice
 */
export function readLogPolicy(yaml: string): LogPolicy {
  const document = parse(yaml) as Record<keyof LogPolicy, Record<string, string[]> | null>
  const decided = new Set<string>()
  const namesOf = (section: keyof LogPolicy): Set<string> => {
    const names = Object.values(document[section] ?? {}).flat()
    const twice = names.filter(name => decided.has(name) || !decided.add(name))
    if (twice.length > 0) throw new DefinitionError([`log-policy.yaml decides twice: ${twice.join(', ')}`])
    return new Set(names)
  }
  return { shown: namesOf('shown'), shownIfListed: namesOf('shownIfListed'), withheld: namesOf('withheld') }
}

/**
 * How a log treats a field: shown by an explicit decision only.
 *
 * @returns undefined: nobody has decided; it is redacted
 */
export function treatmentOf(
  { name, isPersonal, isEncrypted, isListed }: FieldFacts,
  { shown, shownIfListed, withheld }: LogPolicy,
): Treatment | undefined {
  if (isEncrypted) return 'encrypted'
  if (isPersonal) return 'redacted'
  if (shown.has(name)) return 'shown'
  if (shownIfListed.has(name)) return isListed ? 'shown' : 'redacted'
  return withheld.has(name) ? 'redacted' : undefined
}
