/** What a sweep may still spend. */
export interface Budget {
  /** @returns whether there was as much left; it is spent then */
  take(cost: number): boolean
}

export function createBudget(total: number): Budget {
  let left = total
  return {
    take(cost) {
      if (cost > left) return false
      left -= cost
      return true
    },
  }
}
