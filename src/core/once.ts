import { flight } from './flight.ts'

/** Makes a value when it is first asked for, and only then. Whoever asks meanwhile waits for the same one, for a bounded time. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  /** Has settled, so that any request may wait for it. */
  let made: Promise<T> | undefined
  const shared = flight(() => {
    const own = make()
    const keep = (): void => {
      made ??= own
    }
    own.then(keep, keep)
    return own
  })
  return () => made ?? shared().then(value => made ?? value)
}
