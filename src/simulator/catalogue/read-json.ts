import { parseJson } from '../../core/codec/json.ts'

/** No message of WeChat Pay's nests deeper; code that walks one may recurse. */
const MAX_DEPTH = 32

/** @returns undefined for what is no JSON, or nests too deep */
export function readJson(text: string): unknown {
  try {
    const value = parseJson(text)
    return isDeeperThan(value, MAX_DEPTH) ? undefined : value
  } catch {
    return undefined
  }
}

const isDeeperThan = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(member => isDeeperThan(member, levels - 1)))
