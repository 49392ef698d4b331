/** Errors that others threw may be each other's cause for ever. */
const MAX_CAUSES = 5

/**
 * Removes a request's path and query from what `fetch` threw: Deno has the URL in the message, Bun in a property, and both
 * show it in a console. A path may name a person (`/users/{openid}`), a query anything.
 *
 * @returns the error itself where nothing of it tells the path; otherwise a copy with its name, code, message and causes
 */
export function withoutUrl(error: unknown, url: string, depth = 0): unknown {
  if (!(error instanceof Error)) return error
  const { pathname, search } = new URL(url)
  const path = pathname + search
  const { name, message, stack = '', code, cause } = error as Error & { code?: unknown }
  const inner = depth < MAX_CAUSES ? withoutUrl(cause, url, depth + 1) : undefined
  const tells = [message, stack, ...Object.values(error)].some(text => String(text).includes(path))
  if (!tells && inner === cause) return error
  const remove = (text: string): string => text.replaceAll(path, '/…')
  const copy = new Error(remove(message), inner === undefined ? inner : { cause: inner })
  return Object.assign(copy, { name, stack: remove(stack) }, code === undefined ? code : { code })
}
