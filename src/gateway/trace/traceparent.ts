/** The version that is written. A reader of a higher version accepts it. */
const VERSION = '00'
/** Version, trace id, parent id and flags of Trace Context, and what higher versions append. */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
/** The flags of version 00: sampled, and (level 2) random trace id. */
const KNOWN_FLAGS = 0b11

/**
 * Reads a `traceparent`, which anybody may have sent: it is stored and passed on only in this form.
 *
 * @returns the value in version 00, with the flags of that version; undefined if it is not valid
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 * @example
 * ```ts
 * readTraceparent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')
 * ```
 */
export function readTraceparent(value: string | null | undefined): string | undefined {
  const [, version, trace, parent, flags, more] = TRACEPARENT.exec(value ?? '') ?? []
  const isValid =
    trace &&
    parent &&
    flags &&
    version !== 'ff' &&
    /[^0]/.test(trace) &&
    /[^0]/.test(parent) &&
    !(version === VERSION && more !== undefined)
  if (!isValid) return undefined
  const known = (Number.parseInt(flags, 16) & KNOWN_FLAGS).toString(16).padStart(2, '0')
  return [VERSION, trace, parent, known].join('-')
}
