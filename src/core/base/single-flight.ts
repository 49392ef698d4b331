/**
 * Milliseconds for which a caller waits for work that another caller started. On Workers, work stops silently when the
 * request that started it is cancelled, and its promise never settles. WeChat Pay waits 5 s for the response to a
 * notification.
 */
const MAX_WAIT = 2_000
/** Maximum number of other callers' works that a caller waits for in turn before it starts the work itself. */
const MAX_JOINS = 3

/**
 * Creates a function that runs its work at most once at a time. Concurrent callers wait for the same promise, for at
 * most {@link MAX_WAIT}, then start the work again.
 */
export function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined

  function begin(): Promise<T> {
    const own = work().finally(() => {
      if (current === own) current = undefined
    })
    current = own
    return own
  }

  return async () => {
    let joined: Promise<T> | undefined
    // Does not wait twice for the same promise.
    for (let joins = 0; joins < MAX_JOINS && current && current !== joined; joins++) {
      joined = current
      const outcome = await settleWithin(joined)
      if (outcome) return outcome.value
    }
    return begin()
  }
}

/**
 * Creates a function that computes a value on its first call and keeps it, a rejection too: for work that fails again
 * however often it is repeated, such as the import of a wrong key. Concurrent callers wait for the same value, for a
 * limited time. {@link onceSuccessful} forgets rejections.
 */
export function once<T>(create: () => Promise<T>): () => Promise<T> {
  /** Set once settled, so that any request may wait for it. */
  let created: Promise<T> | undefined
  const shared = singleFlight(() => {
    const own = create()
    const keep = (): void => {
      created ??= own
    }
    own.then(keep, keep)
    return own
  })
  return () => created ?? shared().then(value => created ?? value)
}

/**
 * Creates a function that computes a value on its first call and keeps it once it has succeeded. A rejection is
 * forgotten: for work that may succeed the next time, such as the signature of a service. Concurrent callers wait for
 * the same value, for a limited time.
 */
export function onceSuccessful<T>(create: () => Promise<T>): () => Promise<T> {
  let created: { readonly value: T } | undefined
  const shared = singleFlight(async () => {
    const value = await create()
    created ??= { value }
    return created.value
  })
  return async () => (created ? created.value : shared())
}

/**
 * Waits for a promise, for a limited time.
 *
 * @returns undefined if it has not settled by then
 * @throws the rejection of the promise
 */
export async function settleWithin<T>(
  promise: Promise<T>,
  milliseconds: number = MAX_WAIT,
): Promise<{ readonly value: T } | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  try {
    return await Promise.race([promise.then(value => ({ value })), late])
  } finally {
    clearTimeout(timer)
  }
}
