import { parseJsonOr, stringifyJson } from './json.ts'

type Replace = (value: unknown, path: string) => unknown

/**
 * Replaces the values at dotted paths of a message, in each member of a list on the way. The message itself does not
 * change: only the objects on a path are copied. Absent and null values stay.
 *
 * @param paths `payer.identity.number`
 * @param replace receives the value and its path
 * @param isWhole treats a list at the end of a path as one value
 */
export async function replaceFields(
  message: unknown,
  paths: readonly string[] | undefined,
  replace: Replace,
  isWhole = false,
): Promise<unknown> {
  let result = message
  for (const path of paths ?? [])
    result = await replaceAt(result, path.split('.'), value => replace(value, path), isWhole)
  return result
}

async function replaceAt(
  node: unknown,
  path: readonly string[],
  replace: (value: unknown) => unknown,
  isWhole: boolean,
): Promise<unknown> {
  if (node === undefined || node === null) return node
  const [name, ...rest] = path
  if (Array.isArray(node) && !(isWhole && name === undefined))
    return Promise.all(node.map(member => replaceAt(member, path, replace, isWhole)))
  if (name === undefined) return replace(node)
  if (typeof node !== 'object' || !Object.hasOwn(node, name)) return node
  return { ...node, [name]: await replaceAt((node as Record<string, unknown>)[name], rest, replace, isWhole) }
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
  replaceFields(message, paths, (value, path) => (typeof value === 'object' ? stringifyJson(value, path) : value), true)
