/** The subrequests that a sweep may still make. */
export interface Budget {
  /**
   * Spends a cost.
   *
   * @returns false if the rest does not suffice; nothing is spent then
   */
  spend(cost: number): boolean
}

export function createBudget(total: number): Budget {
  let left = total
  return {
    spend(cost) {
      if (cost > left) return false
      left -= cost
      return true
    },
  }
}
