/**
 * Returns whether a path matches a pattern: `*` matches all but a slash, `**` anything. The slash that ends some
 * documented paths may be left out.
 *
 * It takes at most as many steps as the product of the two lengths, whatever the pattern. A regular expression would
 * try every way in which several wildcards share the path.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const tokens = pattern.replace(/\/$/, '').match(/\*\*?|[^*]/gs) ?? []
  return matchesWhole(tokens, path) || (path.endsWith('/') && matchesWhole(tokens, path.slice(0, -1)))
}

/** Follows every number of tokens that can match the beginning of the path, character by character. */
function matchesWhole(tokens: readonly string[], path: string): boolean {
  let reached = new Uint8Array(tokens.length + 1)
  reached[0] = 1
  passWildcards(tokens, reached)
  for (let at = 0; at < path.length; at++) {
    const character = path[at]!
    const next = new Uint8Array(tokens.length + 1)
    for (const [position, token] of tokens.entries()) {
      if (!reached[position]) continue
      if (token === '**' || (token === '*' && character !== '/')) next[position] = 1
      else if (token === character) next[position + 1] = 1
    }
    passWildcards(tokens, next)
    reached = next
  }
  return reached[tokens.length] === 1
}

/** Marks what is reached if wildcards match nothing. */
function passWildcards(tokens: readonly string[], reached: Uint8Array): void {
  for (const [position, token] of tokens.entries())
    if (reached[position] && token.startsWith('*')) reached[position + 1] = 1
}
