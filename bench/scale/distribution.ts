/** Draws from distributions, the same for the same source of random numbers. */
export interface Draw {
  readonly uniform: () => number
  /** Draws the time until the next random arrival. */
  readonly exponential: (mean: number) => number
  /** Draws a time with a long tail. `spread` is the standard deviation of its logarithm. */
  readonly lognormal: (mean: number, spread: number) => number
}

/** @param random from 0 to 1, without 1 */
export function createDraw(random: () => number): Draw {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return {
    uniform: random,
    exponential: mean => -mean * Math.log(1 - random()),
    // The mean of a lognormal variable is exp(µ + σ²/2).
    lognormal: (mean, spread) => Math.exp(Math.log(mean) - spread ** 2 / 2 + spread * normal()),
  }
}

/** Returns the shares of ranks by Zipf's law: the first has the most. */
export function zipfShares(ranks: number, exponent: number): number[] {
  const weights = Array.from({ length: ranks }, (_, rank) => (rank + 1) ** -exponent)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map(weight => weight / sum)
}

/** Returns a function that draws a rank by its share, by a search in the sums. */
export function createRankDraw(shares: readonly number[], random: () => number): () => number {
  const sums: number[] = []
  let sum = 0
  for (const share of shares) {
    sum += share
    sums.push(sum)
  }
  return () => {
    const sought = random() * sum
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! <= sought) low = middle + 1
      else high = middle
    }
    return low
  }
}
