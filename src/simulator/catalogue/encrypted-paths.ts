import type { Field, Shape } from './shape.ts'

/** The dotted paths of the fields that are sealed; a list on the way adds nothing to a path. */
export const encryptedPaths = (fields: readonly Field[], at = ''): string[] =>
  fields.flatMap(({ name, shape }) => within(shape, at + name))

function within(shape: Shape, path: string): string[] {
  if (shape.encrypted) return [path]
  if (shape.items) return within(shape.items, path)
  return encryptedPaths(shape.fields ?? [], `${path}.`)
}
