import { levenshtein } from './nearest-name.ts'

/** Segments in which a misspelt path may differ from the intended one. */
const MAX_DIFFERENT = 2
/** Letters of a misspelt segment: comparing takes the square of them, and no definition has a longer one. */
const MAX_LENGTH = 50

/**
 * Returns the path of a definition that was probably meant. Only segments that differ are compared, because whoever is refused for a
 * path may send the next one at once.
 *
 * @param path filled in
 * @param templates with placeholders as `{name}` or `*`, which any segment fills
 * @returns undefined if none is similar
 * @example
 * ```ts
 * nearestPath('/v3/pay/transactoins/id/42', ['/v3/pay/transactions/id/{transaction_id}']) // the template
 * ```
 */
export function nearestPath(path: string, templates: Iterable<string>): string | undefined {
  const segments = path.toLowerCase().split('/')
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const template of templates) {
    const distance = distanceOf(segments, template.toLowerCase().split('/'))
    if (distance !== undefined && distance < least) {
      best = template
      least = distance
    }
  }
  return best
}

/** Counts the letters that differ; undefined if they are too many. */
function distanceOf(segments: readonly string[], parts: readonly string[]): number | undefined {
  if (segments.length !== parts.length) return undefined
  const different = segments.flatMap((segment, at) => {
    const part = parts[at]!
    return segment === part || /^(?:\{.*\}|\*)$/.test(part) ? [] : [[segment, part] as const]
  })
  if (different.length > MAX_DIFFERENT || different.some(([segment]) => segment.length > MAX_LENGTH)) return undefined
  const letters = different.reduce((sum, [segment]) => sum + segment.length, 0)
  const max = Math.max(2, Math.floor(letters / 4))
  const atLeast = different.reduce((sum, [segment, part]) => sum + Math.abs(segment.length - part.length), 0)
  if (atLeast > max) return undefined
  const distance = different.reduce((sum, [segment, part]) => sum + levenshtein(segment, part), 0)
  return distance > max ? undefined : distance
}
