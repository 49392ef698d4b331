/** Letters of a name that are compared, because comparing takes the product of the lengths. No known name has half as many. */
const MAX_COMPARED = 256

/** Returns the known name that was probably meant; undefined if none is similar: two letters may differ, or a quarter of all. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const compared = name.slice(0, MAX_COMPARED).toLowerCase()
  let best: string | undefined
  let least = Math.max(2, compared.length / 4) + 0.1
  for (const candidate of known) {
    const distance = levenshtein(compared, candidate.toLowerCase())
    if (distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

/**
 * Returns the end of an error message about an unknown name: the name that was probably meant, otherwise all known
 * names.
 */
export const suggestion = (name: string, known: readonly string[]): string => {
  const near = nearestName(name, known)
  return near ? `Is ${near} meant?` : `There are: ${known.join(', ')}`
}

/** Counts the letters to insert, remove or replace. */
export function levenshtein(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const letter of from) {
    const next = [row[0]! + 1]
    for (let end = 1; end <= to.length; end++)
      next[end] = 1 + Math.min(row[end]!, next[end - 1]!, row[end - 1]! - (letter === to[end - 1] ? 1 : 0))
    row = next
  }
  return row[to.length]!
}
