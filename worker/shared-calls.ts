/**
 * Milliseconds for which a call waits for another request's call. On Cloudflare a request may end without a trace, and with it what it
 * has promised to others. WeChat Pay waits 5 s for the response to a notification.
 */
const MAX_WAIT = 2_000
/** Calls that are sent together. */
const MAX_CALLS = 64
/** Milliseconds for which a call waits for others soon after calls were sent together, because then it is hardly the only one. */
const GATHER_CALLS = 2
/** Milliseconds after the end of calls that were sent together from which a call does not wait for others any more. */
const SILENCE = 20

/** The result of a call that was carried out with others. */
export interface SharedResult {
  readonly value: unknown
}

export interface SharedCallsOptions<Call> {
  /** Carries out one call. It may be one that `together` has carried out already, and must then have the same result. */
  readonly alone: (call: Call) => Promise<unknown>
  /**
   * Carries calls out together.
   *
   * @returns the result of each, in their order; undefined for a call that must be carried out alone
   */
  readonly together: (calls: readonly Call[]) => Promise<readonly (SharedResult | undefined)[]>
}

interface Waiting<Call> {
  readonly call: Call
  readonly resolve: (turn: Turn) => void
  readonly reject: (error: unknown) => void
}

/** The end of a call's wait: its result, the need to carry it out alone, or its turn to send those that wait. */
type Turn = SharedResult | 'alone' | 'lead'

/**
 * Sends the calls of several requests as one. A call that finds none in progress is sent at once; those that arrive until its end are
 * sent together by the first of them, and so on. A call that arrives within {@link SILENCE} of their end waits {@link GATHER_CALLS} for
 * others. Each request sends at most one such call, within its own limits and lifetime, and waits for a bounded time: a call whose sender
 * has ended, or is slow, is carried out alone.
 */
export function shareCalls<Call>({ alone, together }: SharedCallsOptions<Call>): (call: Call) => Promise<unknown> {
  let waiting: Waiting<Call>[] = []
  /** Identifies the calls in progress by the time until which others wait for them; undefined if there are none. */
  let progress: { readonly until: number } | undefined
  /**
   * The time at which the last calls ended, if they were several. The clock of workerd advances only with I/O, as which both the end of a
   * call and the arrival of a request count.
   */
  let groupEnded = Number.NEGATIVE_INFINITY

  const begin = (): { readonly until: number } => {
    progress = { until: performance.now() + MAX_WAIT }
    return progress
  }

  /** Lets the next request send the calls that wait. */
  function passOn(): void {
    progress = undefined
    const next = waiting.shift()
    if (!next) return
    begin()
    next.resolve('lead')
  }

  async function lead(call: Call): Promise<unknown> {
    const own = begin()
    if (performance.now() - groupEnded < SILENCE && waiting.length < MAX_CALLS - 1) await pause(GATHER_CALLS)
    const others = waiting.slice(0, MAX_CALLS - 1)
    waiting = waiting.slice(others.length)
    groupEnded = Number.NEGATIVE_INFINITY
    try {
      if (others.length === 0) return await alone(call)
      const [result, ...results] = await together([call, ...others.map(other => other.call)])
      for (const [at, { resolve }] of others.entries()) resolve(results[at] ?? 'alone')
      if (result) return result.value
    } catch (error) {
      for (const { reject } of others) reject(error)
      throw error
    } finally {
      if (others.length > 0) groupEnded = performance.now()
      if (progress === own) passOn()
    }
    return alone(call)
  }

  /** The timer is necessary also where every sender lives: workerd ends a request as hung that waits for nothing but another request. */
  async function waitForTurn(call: Call): Promise<Turn> {
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      return await new Promise((resolve, reject) => {
        const own = { call, resolve, reject }
        waiting.push(own)
        timer = setTimeout(() => {
          waiting = waiting.filter(other => other !== own)
          resolve('alone')
        }, MAX_WAIT)
      })
    } finally {
      clearTimeout(timer)
    }
  }

  async function follow(call: Call): Promise<unknown> {
    const turn = await waitForTurn(call)
    if (turn === 'lead') return lead(call)
    return turn === 'alone' ? alone(call) : turn.value
  }

  return call => (progress && performance.now() < progress.until ? follow(call) : lead(call))
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
