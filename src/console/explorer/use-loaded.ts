import { useEffect, useState } from 'preact/hooks'

/** Something that is being loaded, has been loaded, or could not be. */
export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'loaded'; readonly value: T }
  | { readonly state: 'failed'; readonly message: string; retry(): void }

/** Loads something when a component is first shown, and when the key changes. */
export function useLoaded<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const [attempt, setAttempt] = useState(0)
  const wanted = `${key} ${attempt}`
  const [result, setResult] = useState<{ readonly wanted: string; readonly loaded: Loaded<T> }>()
  useEffect(() => {
    let isCurrent = true
    const finish = (loaded: Loaded<T>): void => {
      if (isCurrent) setResult({ wanted, loaded })
    }
    load().then(
      value => finish({ state: 'loaded', value }),
      error =>
        finish({
          state: 'failed',
          message: error instanceof Error ? error.message : String(error),
          retry: () => setAttempt(number => number + 1),
        }),
    )
    return () => {
      isCurrent = false
    }
  }, [wanted])
  return result?.wanted === wanted ? result.loaded : { state: 'loading' }
}
