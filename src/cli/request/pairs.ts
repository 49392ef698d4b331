import { usage } from '../command.ts'

/** Query parameters, `key=value` each; a key that comes again makes a list. @throws {CommandError} */
export function readQuery(pairs: readonly string[] = []): Record<string, string | string[]> {
  const query = new Map<string, string | string[]>()
  for (const pair of pairs) {
    const [name, value] = pair.split(/=(.*)/s)
    if (!name || value === undefined) throw usage(`-q ${JSON.stringify(pair)}: give key=value.`)
    const before = query.get(name)
    query.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(query)
}

/** Headers, `name: value` each. @throws {CommandError} */
export function readHeaders(lines: readonly string[] = []): Headers {
  const headers = new Headers()
  for (const line of lines) {
    const [name, value] = line.split(/:(.*)/s)
    try {
      if (value === undefined) throw new TypeError('no colon')
      headers.append(name!, value.trim())
    } catch {
      throw usage(`-H ${JSON.stringify(line)}: give "name: value".`)
    }
  }
  return headers
}
