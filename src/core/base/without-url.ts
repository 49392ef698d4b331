/** Limits the causes to copy, since causes of foreign errors can form a cycle. */
const MAX_CAUSES = 5

/**
 * Removes the path and query of a request from an error of `fetch`: Deno has the URL in the message, Bun in a property,
 * and both show it in a console. A path may identify a person (`/users/{openid}`), and a query may contain anything.
 * Never throws, because the error of a custom `fetch` may have any shape.
 *
 * @returns the value itself if it does not contain the path; otherwise a copy with its name, code, message and causes
 */
export function withoutUrl(error: unknown, url: string): unknown {
  const { pathname, search } = new URL(url)
  const path = pathname + search
  try {
    return withoutPath(error, path, 0)
  } catch {
    // A getter or a proxy threw.
    return new Error('fetch threw an error that cannot be read')
  }
}

function withoutPath(error: unknown, path: string, depth: number): unknown {
  const remove = (text: string): string => text.replaceAll(path, '/…')
  if (typeof error === 'string') return remove(error)
  if (!(error instanceof Error)) return error
  const { name, code, cause } = error as Error & { code?: unknown }
  // Any value can be assigned to these properties.
  const [message, stack] = [textOf(error.message), textOf(error.stack)]
  const inner = depth < MAX_CAUSES ? withoutPath(cause, path, depth + 1) : undefined
  const tells = [message, stack, ...Object.values(error).map(textOf)].some(text => text.includes(path))
  if (!tells && inner === cause && error.message === message) return error
  const copy = new Error(remove(message), inner === undefined ? inner : { cause: inner })
  return Object.assign(copy, { name: textOf(name), stack: remove(stack) }, code === undefined ? code : { code })
}

/** Returns the text of a string or a `URL`. Converting any other value may throw. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : value instanceof URL ? value.href : '')
