import type { Simulation } from './simulation.ts'

/** Servers with one queue, in the order of arrival: a processor, a pool of connections, a disk. */
export interface Station {
  /** Waits for a server, holds it for a time, and then calls `done`. */
  readonly serve: (time: number, done: () => void) => void
  /** Waits for a server, and then calls `use`, whose argument releases it. */
  readonly hold: (use: (release: () => void) => void) => void
  readonly waiting: () => number
  /** Returns what was measured since the last call. */
  readonly measure: () => StationUse
}

/** The use of a station over a period. */
export interface StationUse {
  /** Share of the servers' time in which they were held. */
  readonly utilisation: number
  /** Mean number of those that waited. */
  readonly meanWaiting: number
  /** Mean time of those that began to be served, ms. */
  readonly meanWait: number
  readonly served: number
}

export function createStation({ now, after }: Pick<Simulation, 'now' | 'after'>, servers: number): Station {
  /** A ring: `head` is the next of those that wait. An array's `shift` would copy a long queue each time. */
  let queue: { readonly since: number; readonly use: (release: () => void) => void }[] = []
  let head = 0
  let busy = 0
  let since = now()
  let last = since
  let busyArea = 0
  let waitingArea = 0
  let waited = 0
  let served = 0

  function advance(): void {
    const at = now()
    busyArea += busy * (at - last)
    waitingArea += (queue.length - head) * (at - last)
    last = at
  }

  function begin(arrived: number, use: (release: () => void) => void): void {
    busy++
    served++
    waited += now() - arrived
    use(release)
  }

  function release(): void {
    advance()
    busy--
    const next = queue[head]
    if (!next) return
    head++
    if (head > 1_024 && head * 2 > queue.length) {
      queue = queue.slice(head)
      head = 0
    }
    begin(next.since, next.use)
  }

  function hold(use: (release: () => void) => void): void {
    advance()
    if (busy < servers) begin(now(), use)
    else queue.push({ since: now(), use })
  }

  return {
    hold,
    serve: (time, done) =>
      hold(free =>
        after(time, () => {
          free()
          done()
        }),
      ),
    waiting: () => queue.length - head,
    measure() {
      advance()
      const period = now() - since
      const use: StationUse = {
        utilisation: busyArea / (period * servers) || 0,
        meanWaiting: waitingArea / period || 0,
        meanWait: waited / served || 0,
        served,
      }
      since = now()
      busyArea = 0
      waitingArea = 0
      waited = 0
      served = 0
      return use
    },
  }
}
