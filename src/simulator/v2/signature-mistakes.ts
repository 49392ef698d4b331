import type { Mistake } from '../v3/signature-mistakes.ts'

/** A field of an APIv2 message. */
export type Pair = readonly [name: string, value: string]

/** A mistake in the text that an APIv2 signature covers. */
export type PairMistake = Mistake<(pairs: readonly Pair[], key: string) => string>

const sortPairs = (pairs: readonly Pair[]): Pair[] => [...pairs].sort(([first], [second]) => (first < second ? -1 : 1))
const query = (pairs: readonly Pair[]): string => pairs.map(pair => pair.join('=')).join('&')
const filled = (pairs: readonly Pair[]): Pair[] => pairs.filter(([, value]) => value !== '')

/** Returns the text that a message must sign. */
export const signedPairs = (pairs: readonly Pair[], key: string): string =>
  `${query(sortPairs(filled(pairs)))}&key=${key}`

export const PAIR_MISTAKES: readonly PairMistake[] = [
  {
    name: 'no-key',
    build: pairs => query(sortPairs(filled(pairs))),
    what: 'the key is missing',
    cure: 'Append &key= and the APIv2 key',
  },
  {
    name: 'no-key-name',
    build: (pairs, key) => `${query(sortPairs(filled(pairs)))}${key}`,
    what: '&key= is missing before the key',
    cure: 'Append &key= and the APIv2 key',
  },
  {
    name: 'empty-fields',
    build: (pairs, key) => `${query(sortPairs(pairs))}&key=${key}`,
    what: 'empty fields were signed',
    cure: 'Leave out fields without a value',
  },
  {
    name: 'not-sorted',
    build: (pairs, key) => `${query(filled(pairs))}&key=${key}`,
    what: 'the fields are not sorted',
    cure: 'Sort the names by their characters (ASCII)',
  },
  {
    name: 'encoded-values',
    build: (pairs, key) =>
      `${query(sortPairs(filled(pairs)).map(([name, value]) => [name, encodeSafely(value)]))}&key=${key}`,
    what: 'the values were percent-encoded',
    cure: 'Sign the values as they are',
  },
]

/** Percent-encodes a text; one with half a surrogate pair, which UTF-8 cannot encode, stays as it is. */
function encodeSafely(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}
