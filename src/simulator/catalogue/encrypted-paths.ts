import type { Field, Shape } from './shape.ts'

/** Returns the dotted paths of the encrypted fields. A list on the way adds nothing to a path. */
export const encryptedPaths = (fields: readonly Field[], prefix = ''): string[] =>
  fields.flatMap(({ name, shape }) => pathsIn(shape, prefix + name))

function pathsIn(shape: Shape, path: string): string[] {
  if (shape.encrypted) return [path]
  if (shape.items) return pathsIn(shape.items, path)
  return encryptedPaths(shape.fields ?? [], `${path}.`)
}
