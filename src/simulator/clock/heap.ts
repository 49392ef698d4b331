/** A binary heap, which removes its smallest item in logarithmic time. */
export interface Heap<T> {
  push(item: T): void
  /** Returns the smallest item without removing it. */
  peek(): T | undefined
  /** Removes and returns the smallest item. */
  pop(): T | undefined
}

export function createHeap<T>(compare: (a: T, b: T) => number): Heap<T> {
  const items: T[] = []
  const isLess = (a: number, b: number): boolean => compare(items[a]!, items[b]!) < 0
  const swap = (a: number, b: number): void => {
    const item = items[a]!
    items[a] = items[b]!
    items[b] = item
  }
  return {
    push(item) {
      let index = items.push(item) - 1
      for (let parent = (index - 1) >> 1; index > 0 && isLess(index, parent); parent = (index - 1) >> 1) {
        swap(index, parent)
        index = parent
      }
    },
    peek: () => items[0],
    pop() {
      const smallest = items[0]
      const last = items.pop()
      if (items.length === 0) return smallest
      items[0] = last!
      for (let index = 0; ; ) {
        let child = 2 * index + 1
        if (child + 1 < items.length && isLess(child + 1, child)) child++
        if (child >= items.length || !isLess(child, index)) return smallest
        swap(index, child)
        index = child
      }
    },
  }
}
