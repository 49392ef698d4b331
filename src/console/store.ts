import { useEffect, useState } from 'preact/hooks'

/** A value that components follow. */
export interface Store<T> {
  get(): T
  set(value: T): void
  /** @returns a function that ends the subscription */
  subscribe(onChange: () => void): () => void
}

export function createStore<T>(initial: T): Store<T> {
  let current = initial
  const callbacks = new Set<() => void>()
  return {
    get: () => current,
    set(value) {
      if (value === current) return
      current = value
      for (const callback of [...callbacks]) callback()
    },
    subscribe(onChange) {
      callbacks.add(onChange)
      return () => void callbacks.delete(onChange)
    },
  }
}

/** Returns the value of a store, and renders the component again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.get())
  useEffect(() => {
    const read = (): void => setValue(() => store.get())
    read()
    return store.subscribe(read)
  }, [store])
  return value
}
