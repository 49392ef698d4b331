import { useEffect, useRef, useState } from 'preact/hooks'
import { callApi } from './api.ts'
import { merchant } from './merchant.ts'
import { useStore } from './store.ts'
import { createThrottle } from './throttle.ts'
import { entries } from './timeline/entries.ts'

/** Calls of the control API that a view makes, one at a time. */
export interface Actions {
  readonly isBusy: boolean
  /** Error of the last call, if it failed. */
  readonly problem: unknown
  run(method: string, path: string, input?: object): void
}

/** @param onDone called after each call, whether it failed or not */
export function useActions(onDone: () => void): Actions {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  return {
    isBusy,
    problem,
    run(method, path, input) {
      setBusy(true)
      callApi(method, path, input)
        .then(() => setProblem(undefined))
        .catch(setProblem)
        .finally(() => {
          setBusy(false)
          onDone()
        })
    },
  }
}

/** Milliseconds to wait for more news before it is read again. */
const PAUSE = 120

/**
 * Reads something of the simulator, and again whenever anything happens there. What belongs to a merchant is not shown under another.
 *
 * @param isShared the value is the same for all merchants
 * @returns undefined until it has been read, and a function that reads it again
 */
export function useLive<T>(path: string, isShared = false): readonly [value: T | undefined, reload: () => void] {
  const [state, setState] = useState<{ readonly owner: unknown; readonly value: T }>()
  const owner = useStore(merchant)
  const reload = useRef(() => {})
  useEffect(() => {
    const throttle = createThrottle(PAUSE, async isCurrent => {
      const owner = merchant.get()
      const value = await callApi<T>('GET', path)
      if (isCurrent()) setState({ owner, value })
    })
    reload.current = throttle.request
    throttle.request()
    const unsubscribes = [entries, merchant].map(store => store.subscribe(throttle.request))
    return () => {
      for (const unsubscribe of unsubscribes) unsubscribe()
      throttle.stop()
    }
  }, [path])
  return [state && (isShared || state.owner === owner) ? state.value : undefined, () => reload.current()]
}
