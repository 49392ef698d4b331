import { parseJson } from '../../core/codec/json.ts'

/** Deeper than any message of WeChat Pay. The limit lets other code recurse through a message. */
const MAX_DEPTH = 32

/**
 * Parses JSON.
 *
 * @returns undefined if the text is not JSON, or is nested too deeply
 */
export function readJson(text: string): unknown {
  try {
    const value = parseJson(text)
    return isDeeperThan(value, MAX_DEPTH) ? undefined : value
  } catch {
    return undefined
  }
}

const isDeeperThan = (value: unknown, depth: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (depth === 0 || Object.values(value).some(member => isDeeperThan(member, depth - 1)))
