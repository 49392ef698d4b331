/**
 * Returns the records that were added last, the newest first.
 *
 * @param max default 100
 */
export const newest = <T>(records: Iterable<T>, max = 100): T[] => (max > 0 ? [...records].slice(-max).reverse() : [])
