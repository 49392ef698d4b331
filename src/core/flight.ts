/**
 * Milliseconds for which somebody waits for what another has begun. On Workers work ends unheard with the request that began it,
 * when that is cancelled, and its promise never settles. WeChat Pay waits 5 s for the answer to a notification.
 */
const PATIENCE = 2_000
/** How many such works somebody waits for, one after the other, while others begin anew. */
const MAX_JOINS = 3

/**
 * Does something at most once at a time: whoever asks meanwhile waits for the same, but not for longer than
 * {@link PATIENCE}, and then begins it anew.
 */
export function flight<T>(depart: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined

  function begin(): Promise<T> {
    const own = depart().finally(() => {
      if (current === own) current = undefined
    })
    current = own
    return own
  }

  return async () => {
    let joined: Promise<T> | undefined
    // The same once more has been lost.
    for (let joins = 0; joins < MAX_JOINS && current && current !== joined; joins++) {
      joined = current
      const outcome = await join(joined)
      if (outcome) return outcome.value
    }
    return begin()
  }
}

/**
 * Waits for what another request may have begun, for a bounded time.
 *
 * @param patience milliseconds
 * @returns undefined when it has not settled by then
 * @throws what it rejects with
 */
export async function join<T>(
  work: Promise<T>,
  patience: number = PATIENCE,
): Promise<{ readonly value: T } | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), patience)
  })
  try {
    return await Promise.race([work.then(value => ({ value })), late])
  } finally {
    clearTimeout(timer)
  }
}
