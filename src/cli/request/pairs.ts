import { usageError } from '../command.ts'

/**
 * Reads query parameters of the form `key=value`; repeated keys form a list.
 *
 * @throws {CommandError} a parameter has no `=`
 */
export function readQuery(pairs: readonly string[] = []): Record<string, string | string[]> {
  const query = new Map<string, string | string[]>()
  for (const pair of pairs) {
    const [name, value] = pair.split(/=(.*)/s)
    if (!name || value === undefined) throw usageError(`-q ${JSON.stringify(pair)}: give key=value.`)
    const before = query.get(name)
    query.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(query)
}

/**
 * Reads headers of the form `name: value`.
 *
 * @throws {CommandError} a line has no colon, or is not a valid header
 */
export function readHeaders(lines: readonly string[] = []): Headers {
  const headers = new Headers()
  for (const line of lines) {
    const [name, value] = line.split(/:(.*)/s)
    try {
      if (value === undefined) throw new TypeError('no colon')
      headers.append(name!, value.trim())
    } catch {
      throw usageError(`-H ${JSON.stringify(line)}: give "name: value".`)
    }
  }
  return headers
}
