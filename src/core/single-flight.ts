/**
 * Milliseconds for which a caller waits for work that another caller began. On Workers, work ends without notice when the request
 * that began it is cancelled, and its promise never settles. WeChat Pay waits 5 s for the answer to a notification.
 */
const PATIENCE = 2_000
/** How many calls of others a caller waits for, one after the other, before it begins the work itself. */
const MAX_JOINS = 3

/**
 * Makes a function that runs its work at most once at a time: callers that come meanwhile wait for the same promise, for
 * {@link PATIENCE} at most, and then begin the work anew.
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
    // A promise that was waited for in vain is not waited for again.
    for (let joins = 0; joins < MAX_JOINS && current && current !== joined; joins++) {
      joined = current
      const outcome = await settleWithin(joined)
      if (outcome) return outcome.value
    }
    return begin()
  }
}

/**
 * Makes a function that creates a value when it is first called, and keeps it. Callers that come meanwhile wait for the same
 * value, for a bounded time.
 */
export function once<T>(create: () => Promise<T>): () => Promise<T> {
  /** Has settled, so that any request may wait for it. */
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
 * Waits for a promise, for a bounded time.
 *
 * @returns undefined when it has not settled by then
 * @throws what the promise rejects with
 */
export async function settleWithin<T>(
  promise: Promise<T>,
  milliseconds: number = PATIENCE,
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
