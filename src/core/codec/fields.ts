import { invalidBody } from '../base/errors.ts'
import { parseJsonOr, plainOf, stringifyJson } from './json.ts'

type Replace = (value: unknown, path: string) => unknown

/** How {@link replaceFields} reads a message that does not have the form of its definition. */
interface FieldOptions {
  /** Treats a list at the end of a path as one value. */
  readonly isWhole?: boolean
  /** Refuses a value in place of an object on a path. Default: it stays */
  readonly isStrict?: boolean
}

/**
 * Replaces the values at dotted paths of a message, in each member of a list on the way. The message itself does not
 * change: only the objects on a path are copied. Absent and null values stay.
 *
 * @param paths `payer.identity.number`
 * @param replace receives the value and its path
 * @throws {CallError} `BODY_INVALID`, only if `isStrict`
 */
export async function replaceFields(
  message: unknown,
  paths: readonly string[] | undefined,
  replace: Replace,
  options: FieldOptions = {},
): Promise<unknown> {
  let result = message
  for (const path of paths ?? [])
    result = await replaceBelow(result, path.split('.'), 0, value => replace(value, path), options)
  return result
}

/** @param depth the number of names of the path that lead to the node */
async function replaceBelow(
  given: unknown,
  path: readonly string[],
  depth: number,
  replace: (value: unknown) => unknown,
  options: FieldOptions,
): Promise<unknown> {
  const { isWhole, isStrict } = options
  // Reads what JSON will hold: an object with `toJSON` has other members there.
  const node = isStrict ? plainOf(given, '') : given
  if (node === undefined || node === null) return node
  const name = path[depth]
  if (Array.isArray(node) && !(isWhole && name === undefined))
    return Promise.all(node.map(each => replaceBelow(each, path, depth, replace, options)))
  if (name === undefined) return replace(node)
  if (isStrict && typeof node !== 'object')
    throw invalidBody(path.slice(0, depth).join('.') || 'body', `give an object, because "${name}" below is encrypted`)
  if (typeof node !== 'object' || !Object.hasOwn(node, name)) return node
  const member = (node as Record<string, unknown>)[name]
  return { ...node, [name]: await replaceBelow(member, path, depth + 1, replace, options) }
}

/** Parses the fields that hold JSON text. One that is documented as JSON but does not hold it stays text. */
export const parseJsonFields = (message: unknown, paths: readonly string[] | undefined): Promise<unknown> =>
  replaceFields(message, paths, value => parseJsonOr(value as string, value))

/**
 * Writes the fields that hold JSON text. A field that is text already does not change.
 *
 * @throws {CallError} `BODY_INVALID`
 */
export const stringifyJsonFields = (message: unknown, paths: readonly string[] | undefined): Promise<unknown> =>
  replaceFields(message, paths, (value, path) => (typeof value === 'object' ? stringifyJson(value, path) : value), {
    isWhole: true,
  })
