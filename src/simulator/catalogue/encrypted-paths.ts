import type { Field, Shape } from './shape.ts'

/**
 * Returns the dotted paths of the encrypted fields. A list on the way adds nothing to a path.
 *
 * @param by only those encrypted with this key
 */
export const encryptedPaths = (fields: readonly Field[], by?: Shape['encrypted']): string[] => pathsIn(fields, by, '')

const pathsIn = (fields: readonly Field[], by: Shape['encrypted'], at: string): string[] =>
  fields.flatMap(({ name, shape }) => pathsAt(shape, by, at + name))

function pathsAt(shape: Shape, by: Shape['encrypted'], path: string): string[] {
  if (shape.encrypted) return by === undefined || shape.encrypted === by ? [path] : []
  if (shape.items) return pathsAt(shape.items, by, path)
  return pathsIn(shape.fields ?? [], by, `${path}.`)
}
