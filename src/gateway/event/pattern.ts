/** Creates a function that reports whether a pattern matches an event. */
export function matchesEvent(pattern: string): (event: string) => boolean {
  if (!pattern.endsWith('*')) return event => event === pattern
  const start = pattern.slice(0, -1)
  return event => event.startsWith(start)
}
