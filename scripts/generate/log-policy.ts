import { parse } from 'yaml'
import { DefinitionError } from './source.ts'

/** Fields that the gateway's debug log may show, by name: `src/definitions/log-policy.yaml`. */
export interface LogPolicy {
  /** Always shown. */
  readonly shown: ReadonlySet<string>
  /** Shown if the definition lists their values. */
  readonly shownIfListed: ReadonlySet<string>
  /** Never shown, although they identify nobody: free text, URLs, tokens, files. */
  readonly withheld: ReadonlySet<string>
}

/** Shows nothing; no field has a decision. */
export const NO_POLICY: LogPolicy = { shown: new Set(), shownIfListed: new Set(), withheld: new Set() }

/** The display of a field's value in a log. */
export type Treatment = 'shown' | 'redacted' | 'encrypted'

/** Facts of the definitions about a field with a value. */
export interface FieldFacts {
  readonly name: string
  /** `x-personal` on the field or on an enclosing one. */
  readonly isPersonal: boolean
  /** `x-encrypted` */
  readonly isEncrypted: boolean
  /** Its values are listed (`enum`, `const`). */
  readonly isListed: boolean
}

/**
 * Reads the policy.
 *
 * @throws {DefinitionError} with the names that have two decisions
 */
export function readLogPolicy(yaml: string): LogPolicy {
  const document = parse(yaml) as Record<keyof LogPolicy, Record<string, string[]> | null>
  const decided = new Set<string>()
  const namesOf = (section: keyof LogPolicy): Set<string> => {
    const names = Object.values(document[section] ?? {}).flat()
    const twice = names.filter(name => decided.has(name) || !decided.add(name))
    if (twice.length > 0) throw new DefinitionError([`log-policy.yaml lists twice: ${twice.join(', ')}`])
    return new Set(names)
  }
  return { shown: namesOf('shown'), shownIfListed: namesOf('shownIfListed'), withheld: namesOf('withheld') }
}

/**
 * Determines the display of a field in a log; values are shown only by an explicit decision.
 *
 * @returns undefined if there is no decision; the value is then redacted
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
