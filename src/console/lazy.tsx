import type { ComponentChild, FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useWords } from './words.ts'

/**
 * Creates a view whose code is loaded when it is first shown.
 *
 * @example
 * ```ts
 * lazy(async () => (await import('./workbench/view.tsx')).WorkbenchView)
 * ```
 */
export function lazy(load: () => Promise<() => ComponentChild>): () => ComponentChild {
  let loaded: (() => ComponentChild) | undefined
  return function LazyView() {
    const words = useWords()
    const [hasFailed, setFailed] = useState(false)
    const [, setLoaded] = useState(loaded)
    useEffect(() => {
      if (loaded || hasFailed) return
      load()
        .then(component => {
          loaded = component
          setLoaded(() => component)
        })
        .catch(() => setFailed(true))
    }, [hasFailed])
    if (loaded) {
      const View = loaded as FunctionComponent
      return <View />
    }
    return (
      <main class="view">
        {hasFailed && (
          <p role="alert" class="problem">
            {words.viewNotLoaded}{' '}
            <button type="button" onClick={() => setFailed(false)}>
              {words.tryAgain}
            </button>
          </p>
        )}
      </main>
    )
  }
}
