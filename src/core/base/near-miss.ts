/**
 * Returns whether a name is probably a misspelt one of a known variable: they differ only by underscores and case, or by one letter, or two
 * letters have changed places. Digits must be the same, because they number merchants and versions of keys.
 */
export function isNearMiss(name: string, known: string): boolean {
  if (name === known || name.replace(/\D/g, '') !== known.replace(/\D/g, '')) return false
  return plain(name) === plain(known) || isOneEdit(name, known)
}

const plain = (name: string): string => name.replaceAll('_', '').toUpperCase()

function isOneEdit(name: string, known: string): boolean {
  const shorter = Math.min(name.length, known.length)
  let start = 0
  while (start < shorter && name[start] === known[start]) start++
  let end = 0
  while (end < shorter - start && name.at(-1 - end) === known.at(-1 - end)) end++
  const [differing, meant] = [name.slice(start, name.length - end), known.slice(start, known.length - end)]
  const isSwap = differing.length === 2 && differing[1] === meant[0] && differing[0] === meant[1]
  return isSwap || Math.max(differing.length, meant.length) === 1
}
