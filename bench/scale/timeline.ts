/** Sums per period of a simulated time, for charts. */
export interface Timeline {
  readonly add: (name: string, at: number, by?: number) => void
  /** Sets the value of a period, such as a length of a queue at its end. */
  readonly set: (name: string, at: number, value: number) => void
  /** Returns the values by period; 0 where nothing was added. */
  readonly values: (name: string) => number[]
}

/** @param period milliseconds */
export function createTimeline(period: number, end: number): Timeline {
  const length = Math.ceil(end / period)
  const series = new Map<string, Float64Array>()
  function valuesOf(name: string): Float64Array {
    const values = series.get(name) ?? new Float64Array(length)
    series.set(name, values)
    return values
  }
  const indexOf = (at: number): number => Math.min(length - 1, Math.floor(at / period))
  return {
    add(name, at, by = 1) {
      valuesOf(name)[indexOf(at)]! += by
    },
    set(name, at, value) {
      valuesOf(name)[indexOf(at)] = value
    },
    values: name => Array.from(valuesOf(name)),
  }
}

/** Counts times in classes that grow by a twentieth, for percentiles of millions of values in little memory. */
export interface Histogram {
  readonly add: (value: number) => void
  /** Returns the bound below which a share of the values lies, to a twentieth; 0 without values. */
  readonly quantile: (share: number) => number
  readonly count: () => number
}

const GROWTH = Math.log(1.05)
const SMALLEST = 0.01

export function createHistogram(): Histogram {
  const classes: number[] = []
  let count = 0
  return {
    add(value) {
      const at = value <= SMALLEST ? 0 : Math.ceil(Math.log(value / SMALLEST) / GROWTH)
      classes[at] = (classes[at] ?? 0) + 1
      count++
    },
    quantile(share) {
      let left = share * count
      if (count === 0) return 0
      for (let at = 0; at < classes.length; at++) {
        left -= classes[at] ?? 0
        if (left <= 0) return SMALLEST * Math.exp(at * GROWTH)
      }
      return SMALLEST * Math.exp((classes.length - 1) * GROWTH)
    },
    count: () => count,
  }
}
