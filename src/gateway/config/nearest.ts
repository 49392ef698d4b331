/** Names that are still worth listing. */
const MOST = 10

/** Says that nobody reads a name, and which was meant. */
export function unread(name: string, known: readonly string[]): string {
  const nearest = nearestOf(name, known)
  if (nearest) return `nobody reads it. The name is probably ${nearest}`
  return known.length > MOST ? 'nobody reads it. Take it away' : `nobody reads it. There are: ${known.join(', ')}`
}

/** The known name that takes the fewest strokes to get to; undefined where it takes more than a third of the name. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map(other => ({ other, strokes: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ strokes }) => strokes <= name.length / 3)
    .sort((one, other) => one.strokes - other.strokes)
  return nearest?.other
}

/** Levenshtein's. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let at = 0; at < one.length; at++) {
    const next = [at + 1]
    for (let to = 0; to < other.length; to++)
      next.push(Math.min(next[to]! + 1, row[to + 1]! + 1, row[to]! + (one[at] === other[to] ? 0 : 1)))
    row = next
  }
  return row.at(-1)!
}
