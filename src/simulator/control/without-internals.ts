/** Members of records that only the simulator needs: to recognize a repeated request, and to expire a prepay_id. */
const INTERNALS: ReadonlySet<string> = new Set(['fingerprint', 'prepayIssuedAt'])

/** Returns a result without the members of its records that are internal, however deep the records are in it. */
export function withoutInternals(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutInternals)
  if (!isPlainObject(value)) return value
  const shown = Object.entries(value).filter(([name]) => !INTERNALS.has(name))
  return Object.fromEntries(shown.map(([name, member]) => [name, withoutInternals(member)]))
}

/** Returns false for objects that are written in a way of their own. */
const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
