/**
 * A random source that a seed repeats (mulberry32 over a hash of the seed), for the numbers that WeChat Pay assigns, for
 * sample replies and for faults. It is not cryptographically secure.
 */
export interface Random {
  /** Returns a number from 0 up to, but not including, 1. */
  next(): number
  /** Returns an integer from 0 to `limit - 1`. */
  below(limit: number): number
  pick<T>(list: readonly T[]): T
  /** Returns decimal digits. */
  digits(count: number): string
  /** Returns lower-case hex digits. */
  hex(count: number): string
  /**
   * Creates another source from the seed and a name. It does not depend on what has been drawn from this one, and starts
   * anew at each call.
   */
  fork(name: string): Random
}

/** @param stored map that holds the position, so that a source restored from it continues; default: a new map */
export function createRandom(seed: string, stored: Map<string, number> = new Map()): Random {
  const next = (): number => {
    const position = ((stored.get('position') ?? hash(seed)) + 0x6d2b79f5) | 0
    stored.set('position', position)
    let mixed = Math.imul(position ^ (position >>> 15), 1 | position)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const text = (count: number, alphabet: string): string => {
    let drawn = ''
    while (drawn.length < count) drawn += alphabet[below(alphabet.length)]
    return drawn
  }
  return {
    next,
    below,
    pick: list => list[below(list.length)]!,
    digits: count => text(count, '0123456789'),
    hex: count => text(count, '0123456789abcdef'),
    fork: name => createRandom(`${seed}/${name}`),
  }
}

/** Computes FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value | 0
}
