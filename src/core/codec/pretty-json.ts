import { stringifyJson } from './json.ts'

/**
 * Formats a value of parsed JSON, with two spaces per level. Unlike `JSON.stringify`, accepts a `bigint`, which it writes as its
 * digits; it knows neither `toJSON` nor gaps in a list, which parsed JSON does not have.
 */
export function prettyJson(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return stringifyJson(value)
  const deeper = `${indent}  `
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const members = Array.isArray(value)
    ? value.map(member => prettyJson(member, deeper))
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => `${JSON.stringify(name)}: ${prettyJson(member, deeper)}`)
  return members.length
    ? `${open}\n${members.map(line => deeper + line).join(',\n')}\n${indent}${close}`
    : `${open}${close}`
}
