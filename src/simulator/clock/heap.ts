/** A queue that gives the least first (a binary heap): a hundred thousand orders' expiries cost it nothing. */
export interface Queue<T> {
  add(item: T): void
  /** The least, left where it is. */
  first(): T | undefined
  take(): T | undefined
}

export function createQueue<T>(compare: (one: T, other: T) => number): Queue<T> {
  const heap: T[] = []
  const isLess = (at: number, than: number): boolean => compare(heap[at]!, heap[than]!) < 0
  const swap = (one: number, other: number): void => {
    const item = heap[one]!
    heap[one] = heap[other]!
    heap[other] = item
  }
  return {
    add(item) {
      let at = heap.push(item) - 1
      for (let above = (at - 1) >> 1; at > 0 && isLess(at, above); above = (at - 1) >> 1) {
        swap(at, above)
        at = above
      }
    },
    first: () => heap[0],
    take() {
      const least = heap[0]
      const last = heap.pop()
      if (heap.length === 0) return least
      heap[0] = last!
      for (let at = 0; ; ) {
        let below = 2 * at + 1
        if (below + 1 < heap.length && isLess(below + 1, below)) below++
        if (below >= heap.length || !isLess(below, at)) return least
        swap(at, below)
        at = below
      }
    },
  }
}
