/** Where two texts differ. */
export interface Difference {
  /** The text that both begin with. */
  readonly start: string
  readonly expected: string
  readonly signed: string
  /** The text that both end with. */
  readonly end: string
  /** Position of the first byte that differs, in UTF-8, from 0. */
  readonly byte: number
}

/** Compares two texts character by character, from both ends. */
export function differenceOf(expected: string, signed: string): Difference {
  const [a, b] = [Array.from(expected), Array.from(signed)]
  const shorter = Math.min(a.length, b.length)
  let before = 0
  while (before < shorter && a[before] === b[before]) before++
  let after = 0
  while (after < shorter - before && a.at(-1 - after) === b.at(-1 - after)) after++
  const start = a.slice(0, before).join('')
  return {
    start,
    expected: a.slice(before, a.length - after).join(''),
    signed: b.slice(before, b.length - after).join(''),
    end: a.slice(a.length - after).join(''),
    byte: new TextEncoder().encode(start).length,
  }
}

const MAX_BYTES = 8

/** Writes the first bytes of a text in hex: `0A 7B`. */
export function bytesOf(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const shown = Array.from(bytes.subarray(0, MAX_BYTES), byte => byte.toString(16).padStart(2, '0').toUpperCase())
  return shown.join(' ') + (bytes.length > MAX_BYTES ? ' …' : '')
}
