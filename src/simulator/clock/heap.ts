/** A queue that gives the least first (a binary heap): a hundred thousand orders' expiries cost it nothing. */
export interface Heap<T> {
  push(item: T): void
  /** The least, left where it is. */
  peek(): T | undefined
  pop(): T | undefined
}

export function createHeap<T>(compare: (one: T, other: T) => number): Heap<T> {
  const items: T[] = []
  const isLess = (at: number, than: number): boolean => compare(items[at]!, items[than]!) < 0
  const swap = (one: number, other: number): void => {
    const item = items[one]!
    items[one] = items[other]!
    items[other] = item
  }
  return {
    push(item) {
      let at = items.push(item) - 1
      for (let above = (at - 1) >> 1; at > 0 && isLess(at, above); above = (at - 1) >> 1) {
        swap(at, above)
        at = above
      }
    },
    peek: () => items[0],
    pop() {
      const least = items[0]
      const last = items.pop()
      if (items.length === 0) return least
      items[0] = last!
      for (let at = 0; ; ) {
        let below = 2 * at + 1
        if (below + 1 < items.length && isLess(below + 1, below)) below++
        if (below >= items.length || !isLess(below, at)) return least
        swap(at, below)
        at = below
      }
    },
  }
}
