import { createHmac, randomBytes } from 'node:crypto'

/** Texts whose numbers are remembered. Beyond it, the oldest get a new number. */
const MAX_TEXTS = 100_000
/** A shorter text could be found by trying all. */
const MIN_LENGTH = 6

/** Numbers texts, so that a recording tells which are the same, and not what they are. */
export type NumberText = (text: string) => number | undefined

/** Creates a numbering that keeps no text: only its HMAC, under a key that ends with the process. */
export function createNumbering(): NumberText {
  const key = randomBytes(32)
  const numbers = new Map<string, number>()
  let last = 0
  return text => {
    if (text.length < MIN_LENGTH) return undefined
    const digest = createHmac('sha256', key).update(text).digest('base64')
    const known = numbers.get(digest)
    if (known !== undefined) return known
    numbers.set(digest, ++last)
    if (numbers.size > MAX_TEXTS) numbers.delete(numbers.keys().next().value!)
    return last
  }
}
