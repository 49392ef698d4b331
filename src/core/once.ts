/** Makes a value when it is first asked for, and only then; whoever asks meanwhile waits for the same one. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
