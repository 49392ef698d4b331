const { setTimeout } = globalThis

/** Milliseconds after which the last failure counts: only what hangs takes that long. */
const MAX_WAIT = 20_000
/** Milliseconds between two attempts. */
const PAUSE = 5

/**
 * Waits by the real clock until an assertion holds. With fake timers, `expect.poll`, `vi.waitFor` and `vi.waitUntil` would move the fake
 * clock at each attempt, so that more time would pass on a slow machine than on a quick one.
 *
 * The first attempt follows a turn of the event loop, so that work in microtasks is over by then.
 */
export async function eventually(assert: () => unknown): Promise<void> {
  for (let waited = 0; ; waited += PAUSE) {
    await new Promise(resolve => setTimeout(resolve, PAUSE))
    try {
      await assert()
      return
    } catch (error) {
      if (waited >= MAX_WAIT) throw error
    }
  }
}
