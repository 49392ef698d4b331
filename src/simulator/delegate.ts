type Method = (...parameters: unknown[]) => unknown

/**
 * Copies an object whose methods call those of the current one, also for callers that have kept a method. Other members are
 * those of the first object.
 *
 * @param current returns the current object; each has the methods of the first
 */
export function delegate<T extends object>(current: () => T): T {
  const methodOf = (name: string): Method => (current() as Record<string, Method>)[name]!
  const members = Object.entries(current()).map(([name, member]) => [
    name,
    typeof member === 'function' ? (...parameters: unknown[]) => methodOf(name)(...parameters) : member,
  ])
  return Object.fromEntries(members) as T
}
