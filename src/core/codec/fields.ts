/**
 * Replaces the values at dotted paths of a message; a list on the way is walked through, each of its members. The
 * message itself stays as it is: only what lies on a path is copied. What is absent or null stays so.
 *
 * @param paths `payer.identity.number`
 * @param replace gets the value and its path
 */
export async function replaceFields(
  message: unknown,
  paths: readonly string[],
  replace: (value: unknown, path: string) => unknown,
): Promise<unknown> {
  let result = message
  for (const path of paths) result = await replaceAt(result, path.split('.'), value => replace(value, path))
  return result
}

async function replaceAt(
  node: unknown,
  path: readonly string[],
  replace: (value: unknown) => unknown,
): Promise<unknown> {
  if (node === undefined || node === null) return node
  if (Array.isArray(node)) return Promise.all(node.map(member => replaceAt(member, path, replace)))
  const [name, ...rest] = path
  if (name === undefined) return replace(node)
  if (typeof node !== 'object' || !Object.hasOwn(node, name)) return node
  return { ...node, [name]: await replaceAt((node as Record<string, unknown>)[name], rest, replace) }
}
