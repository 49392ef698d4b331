import { unmatchedEvent } from '../../gateway/config/unmatched.ts'
import { type Option, usageError, type Values } from '../command.ts'

/** Selects the events that a command follows. */
export const EVENT_PATTERN_OPTION: Option = {
  name: 'event',
  value: '<pattern>',
  isRepeatable: true,
  description: 'Only events of this name, or REFUND.* for a family; can be given several times.',
}

/**
 * Returns the patterns of {@link EVENT_PATTERN_OPTION}; undefined without them.
 *
 * @throws {CommandError} one of them resembles an event and matches none
 */
export function readEventPatterns({ event }: Values): readonly string[] | undefined {
  const patterns = event as readonly string[] | undefined
  for (const pattern of patterns ?? []) requireEvent(pattern)
  return patterns
}

/**
 * Returns the name of one event, as lists of a gateway select it; undefined without one.
 *
 * @throws {CommandError} it has a *, or resembles an event and names none
 */
export function readEventName({ event }: Values): string | undefined {
  const name = event as string | undefined
  if (name?.includes('*')) throw usageError(`--event ${name}: give the name of one event, such as REFUND.SUCCESS.`)
  if (name !== undefined) requireEvent(name)
  return name
}

/** A name that resembles none is accepted: WeChat Pay, or a newer gateway, may have events that this version does not know. */
function requireEvent(pattern: string): void {
  const problem = unmatchedEvent(pattern)
  if (problem?.endsWith('?')) throw usageError(`--event ${pattern}: ${problem}`)
}
