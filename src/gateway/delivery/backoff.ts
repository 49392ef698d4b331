/** Milliseconds after the first attempt. */
const FIRST = 5_000
const FACTOR = 3
const LONGEST = 24 * 60 * 60 * 1000
/** How far a wait is drawn by lot, so that not all come back at once. */
const JITTER = 0.2

/**
 * Attempts in all. Those behind the first come 5 s, 15 s, 45 s, 2 min, 7 min, 20 min, 1 h, 3 h, 9 h, 24 h, 24 h and 24 h after
 * the one before: the last three and a half days after the first, a weekend and more.
 */
export const MOST_ATTEMPTS = 13

/**
 * How long to wait for the next attempt.
 *
 * @param attempt how many have failed: 1, 2, …
 * @returns milliseconds
 */
export const delayOf = (attempt: number, random: () => number = Math.random): number =>
  Math.min(FIRST * FACTOR ** (attempt - 1), LONGEST) * (1 + JITTER * (2 * random() - 1))
