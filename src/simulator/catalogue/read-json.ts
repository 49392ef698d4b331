import { parseJson } from '../../core/codec/json.ts'

/** No message of WeChat Pay's nests deeper; code that walks one may recurse. */
const MOST_LEVELS = 32

/** @returns undefined for what is no JSON, or nests too deep */
export function readJson(text: string): unknown {
  try {
    const value = parseJson(text)
    return deeper(value, MOST_LEVELS) ? undefined : value
  } catch {
    return undefined
  }
}

const deeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(member => deeper(member, levels - 1)))
