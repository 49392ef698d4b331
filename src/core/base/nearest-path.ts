import { nearestName } from './nearest-name.ts'

/** Segments in which a misspelt path may differ from the intended one: comparing the letters of all paths would be slow. */
const MAX_DIFFERENT = 2
/** Letters of the longest path that is compared: no definition has one as long. */
const MAX_LENGTH = 300

/**
 * Returns the path of a definition that was probably meant.
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
  if (path.length > MAX_LENGTH) return undefined
  const segments = path.split('/')
  const byFilled = new Map<string, string>()
  for (const template of templates) {
    const filled = template.split('/').map((part, at) => (/^(?:\{.*\}|\*)$/.test(part) ? (segments[at] ?? part) : part))
    if (filled.length !== segments.length) continue
    const different = filled.filter((part, at) => part !== segments[at]).length
    if (different <= MAX_DIFFERENT) byFilled.set(filled.join('/'), template)
  }
  const near = nearestName(path, byFilled.keys())
  return near === undefined ? undefined : byFilled.get(near)
}
