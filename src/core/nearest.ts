/** Of the names that there are, the one that was probably meant; undefined when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(name.length / 4)) + 1
  for (const one of known) {
    const distance = distanceOf(name.toLowerCase(), one.toLowerCase())
    if (distance < least) [best, least] = [one, distance]
  }
  return best
}

/** Behind a message: what was probably meant, or what there is. */
export const meant = (name: string, known: readonly string[]): string => {
  const near = nearest(name, known)
  return near ? `Is ${near} meant?` : `There are: ${known.join(', ')}`
}

/** Levenshtein's: how many letters have to be put in, taken out, replaced. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1]
    for (let to = 1; to <= other.length; to++)
      next.push(Math.min(row[to]! + 1, next[to - 1]! + 1, row[to - 1]! + (letter === other[to - 1] ? 0 : 1)))
    row = next
  }
  return row[other.length]!
}
