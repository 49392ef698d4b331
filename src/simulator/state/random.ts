/**
 * Draws numbers that a seed repeats (mulberry32 over a hash of the seed): for the numbers that WeChat Pay gives out, for
 * plausible replies, for faults. Nothing that protects anything is drawn from it.
 */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  /** `0` to `most - 1`. */
  below(most: number): number
  pick<T>(list: readonly T[]): T
  /** Decimal digits. */
  digits(count: number): string
  /** Lower-case hex digits. */
  hex(count: number): string
  /**
   * Another source, which repeats for the same seed and the same name whatever has been drawn from this one. It begins
   * anew whenever it is asked for.
   */
  fork(name: string): Random
}

/** @param kept where it notes how far it has come, to go on from there; nowhere by default */
export function createRandom(seed: string, kept: Map<string, number> = new Map()): Random {
  const next = (): number => {
    const position = ((kept.get('position') ?? hash(seed)) + 0x6d2b79f5) | 0
    kept.set('position', position)
    let mixed = Math.imul(position ^ (position >>> 15), 1 | position)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (most: number): number => Math.floor(next() * most)
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

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value | 0
}
