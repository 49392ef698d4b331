/** A pause between two attempts at the same work. */
export interface Pause {
  /** Returns the reason while the pause lasts; undefined if there is none. */
  reason(): { readonly error?: unknown } | undefined
  /**
   * Begins a pause, or replaces the one that lasts.
   *
   * @param error the error of the attempt, if it failed with one
   */
  begin(milliseconds: number, error?: unknown): void
  end(): void
}

/** Creates a pause that has not begun, so that callers cannot cause one attempt each. */
export function createPause(now: () => number): Pause {
  let current: { since: number; length: number; error?: unknown } | undefined
  return {
    // Setting the clock back must not lengthen the pause.
    reason: () => (current && Math.abs(now() - current.since) < current.length ? current : undefined),
    begin(length, error) {
      current = { since: now(), length, error }
    },
    end() {
      current = undefined
    },
  }
}
