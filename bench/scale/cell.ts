import { MAX_ATTEMPTS, retryDelayOf } from '../../src/gateway/delivery/backoff.ts'
import { MAX_CONNECTIONS } from '../../src/server/http.ts'
import { RETRY_DELAYS } from '../../src/simulator/notification/delivery/schedule.ts'
import { createRandom } from '../../test/load/random.ts'
import { type Circuit, createCircuit } from './circuit.ts'
import { createDraw, createRankDraw } from './distribution.ts'
import { createSimulatedOutbox, type SimulatedOutbox } from './outbox.ts'
import type { LedgerTimes, OperationTime, ServiceTimes } from './service-times.ts'
import { createSimulation } from './simulation.ts'
import { createStation, type Station, type StationUse } from './station.ts'
import { createHistogram, createTimeline, type Histogram, type Timeline } from './timeline.ts'

/** One PostgreSQL with its gateways, and the merchants whose ledger it is. */
export interface CellOptions {
  readonly times: Pick<ServiceTimes, 'intake' | 'delivery'>
  readonly ledger: LedgerTimes
  readonly processes: number
  /** Connections of each process to the database. */
  readonly connections: number
  /** Processors of the database server. */
  readonly databaseProcessors: number
  /** Milliseconds of a round trip between gateway and database, beyond the loopback. */
  readonly roundTrip: number
  /** Share of the cell's notifications by merchant, each of which has one endpoint. */
  readonly shares: readonly number[]
  /** Notifications per second, at a time in milliseconds. */
  readonly rate: (at: number) => number
  /** Milliseconds for which the simulation runs. */
  readonly end: number
  /** Mean milliseconds in which an endpoint responds, and the spread of their logarithm. */
  readonly endpoint: { readonly mean: number; readonly spread: number }
  /** Tells whether the gateways and the database of the cell are reachable. Default: always. */
  readonly isUp?: (at: number) => boolean
  /** Tells whether the endpoint of a merchant is reachable. Default: always. */
  readonly isEndpointUp?: (merchant: number, at: number) => boolean
  readonly seed: number
}

export interface CellResult {
  /** Per {@link PERIOD}: sent, refused, recorded, repeated, attempts, delivered, pending, unrecorded. */
  readonly timeline: Timeline
  /** Milliseconds from WeChat Pay's request to its acknowledgement. */
  readonly acknowledgement: Histogram
  /** Milliseconds from the event's record to its delivery. */
  readonly delivery: Histogram
  readonly thread: StationUse
  readonly database: StationUse
  readonly connections: StationUse
  readonly notifications: number
  readonly recorded: number
  readonly delivered: number
  readonly dead: number
}

/** Milliseconds of a period of the timeline. */
export const PERIOD = 10_000
/** Milliseconds for which WeChat Pay waits for a response: 应答时间 of 5 s in its documents of notifications. */
const PATIENCE = 5_000
/** The share of its connections that a process keeps for new clients (`src/server/http.ts`). */
const MAX_IN_PROGRESS = MAX_CONNECTIONS * 0.9
/** Milliseconds until an attempt to reach an endpoint that is down ends: a refused connection, on a network. */
const REFUSED_AFTER = 50

interface Delivery {
  readonly id: number
  readonly recordedAt: number
  attempts: number
}

/** The deliveries of one merchant. */
interface Lane {
  readonly merchant: number
  readonly circuit: Circuit
  ready: Delivery[]
  head: number
  isWaiting: boolean
}

interface Process {
  readonly thread: Station
  readonly pool: Station
  readonly outbox: SimulatedOutbox
  inProgress: number
}

/** Simulates a cell. */
export function simulateCell(options: CellOptions): CellResult {
  const { times, ledger, end, seed, isUp = () => true, isEndpointUp = () => true } = options
  const simulation = createSimulation()
  const random = createRandom(seed)
  const draw = createDraw(random)
  const timeline = createTimeline(PERIOD, end)
  const acknowledgement = createHistogram()
  const delivery = createHistogram()
  const database = createStation(simulation, options.databaseProcessors)
  const processes: Process[] = Array.from({ length: options.processes }, (_, at) => ({
    thread: createStation(simulation, 1),
    pool: createStation(simulation, options.connections),
    outbox: createSimulatedOutbox({
      endpoints: options.shares.length,
      due: (merchant, max) => Math.min(dueOf(lanes[merchant]!), max),
      start: merchant => start(lanes[merchant]!, processes[at]!),
    }),
    inProgress: 0,
  }))
  const lanes = options.shares.map(
    (_, merchant): Lane => ({
      merchant,
      circuit: createCircuit(),
      ready: [],
      head: 0,
      isWaiting: false,
    }),
  )
  const drawMerchant = createRankDraw(options.shares, random)
  const totals = { notifications: 0, recorded: 0, delivered: 0, dead: 0, pending: 0, unrecorded: 0 }
  const anyProcess = (): Process => processes[Math.floor(random() * processes.length)]!

  /** Runs a call to the ledger: the thread of the process, a connection, the database's processor, its disk. */
  function callLedger({ thread, pool }: Process, time: OperationTime, done: () => void): void {
    thread.serve(draw.exponential(time.thread), () =>
      pool.hold(release =>
        database.serve(draw.exponential(time.server), () =>
          // The disk and the network are waited for, but do not limit how many: commits are written in groups.
          simulation.after(Math.max(0, time.latency - time.server - time.thread) + options.roundTrip, () => {
            release()
            done()
          }),
        ),
      ),
    )
  }

  function arrive(): void {
    const rate = options.rate(simulation.now())
    simulation.after(draw.exponential(1_000 / rate), arrive)
    totals.notifications++
    totals.unrecorded++
    notify({ merchant: drawMerchant(), failed: 0, isRecorded: false })
  }

  interface Notification {
    readonly merchant: number
    failed: number
    isRecorded: boolean
  }

  function sendAgain(notification: Notification): void {
    const delay = RETRY_DELAYS[notification.failed++]
    if (delay !== undefined) simulation.after(delay, () => notify(notification))
  }

  /** WeChat Pay sends a notification. */
  function notify(notification: Notification): void {
    const sentAt = simulation.now()
    timeline.add('sent', sentAt)
    const process = anyProcess()
    const isFull = process.inProgress >= MAX_IN_PROGRESS
    if (isFull) timeline.add('refused', sentAt)
    if (isFull || !isUp(sentAt)) sendAgain(notification)
    else takeIn(notification, process, sentAt)
  }

  function takeIn(notification: Notification, process: Process, sentAt: number): void {
    process.inProgress++
    process.thread.serve(draw.exponential(times.intake.thread), () =>
      callLedger(process, ledger.record, () => {
        process.inProgress--
        if (notification.isRecorded) timeline.add('repeated', simulation.now())
        else record(notification, process)
        const took = simulation.now() - sentAt
        acknowledgement.add(took)
        // WeChat Pay has given up waiting: it sends what is recorded once more.
        if (took > PATIENCE) sendAgain(notification)
      }),
    )
  }

  function record(notification: Notification, process: Process): void {
    const at = simulation.now()
    notification.isRecorded = true
    totals.recorded++
    totals.unrecorded--
    totals.pending++
    timeline.add('recorded', at)
    makeReady(lanes[notification.merchant]!, { id: totals.recorded, recordedAt: at, attempts: 0 }, process)
  }

  function makeReady(lane: Lane, one: Delivery, process: Process): void {
    lane.ready.push(one)
    wake(lane, process)
  }

  const isEmpty = (lane: Lane): boolean => lane.head === lane.ready.length

  function wake(lane: Lane, process: Process): void {
    process.outbox.wake(lane.merchant)
    wakeOthers(lane, process)
  }

  /** Wakes the processes other than one that leaves deliveries to them. */
  function wakeOthers(lane: Lane, full: Process): void {
    for (const process of processes) if (process !== full && !isEmpty(lane)) process.outbox.wake(lane.merchant)
  }

  /** Returns how many deliveries of a lane its circuit admits. */
  function dueOf(lane: Lane): number {
    if (isEmpty(lane)) return 0
    const at = simulation.now()
    const allowedAt = lane.circuit.allowedAt(at)
    if (allowedAt > at || !isUp(at)) {
      wakeLater(lane, isUp(at) ? allowedAt : at + 1_000)
      return 0
    }
    return lane.circuit.isOpen() ? 1 : lane.ready.length - lane.head
  }

  function wakeLater(lane: Lane, until: number): void {
    if (lane.isWaiting) return
    lane.isWaiting = true
    simulation.after(until - simulation.now(), () => {
      lane.isWaiting = false
      wake(lane, anyProcess())
    })
  }

  /** Starts the first delivery of a lane. */
  function start(lane: Lane, process: Process): void {
    const one = lane.ready[lane.head++]!
    if (lane.head > 1_024 && lane.head * 2 > lane.ready.length) {
      lane.ready = lane.ready.slice(lane.head)
      lane.head = 0
    }
    lane.circuit.claim(simulation.now(), one.id)
    attempt(lane, one, process)
  }

  function attempt(lane: Lane, one: Delivery, process: Process): void {
    const began = simulation.now()
    callLedger(process, ledger.claim, () =>
      process.thread.serve(draw.exponential(times.delivery.thread), () => {
        const isReached = isEndpointUp(lane.merchant, simulation.now())
        timeline.add('attempts', simulation.now())
        const time = isReached ? draw.lognormal(options.endpoint.mean, options.endpoint.spread) : REFUSED_AFTER
        simulation.after(time, () =>
          callLedger(process, ledger.attempt, () => endAttempt(lane, one, process, { began, isReached })),
        )
      }),
    )
  }

  function endAttempt(
    lane: Lane,
    one: Delivery,
    process: Process,
    attempt: { began: number; isReached: boolean },
  ): void {
    const { isReached } = attempt
    const at = simulation.now()
    one.attempts++
    lane.circuit.record(at, { delivery: one.id, ...attempt })
    if (isReached) {
      totals.delivered++
      totals.pending--
      delivery.add(at - one.recordedAt)
      timeline.add('delivered', at)
    } else if (one.attempts >= MAX_ATTEMPTS) {
      totals.dead++
      totals.pending--
    } else simulation.after(retryDelayOf(one.attempts, random), () => makeReady(lane, one, anyProcess()))
    process.outbox.end(lane.merchant)
    wakeOthers(lane, process)
  }

  function note(): void {
    timeline.set('pending', simulation.now(), totals.pending)
    timeline.set('unrecorded', simulation.now(), totals.unrecorded)
    simulation.after(PERIOD / 2, note)
  }

  note()
  arrive()
  simulation.runUntil(end - 1)
  const { notifications, recorded, delivered, dead } = totals
  return {
    timeline,
    acknowledgement,
    delivery,
    thread: meanUse(processes.map(({ thread }) => thread)),
    database: database.measure(),
    connections: meanUse(processes.map(({ pool }) => pool)),
    notifications,
    recorded,
    delivered,
    dead,
  }
}

function meanUse(stations: readonly Station[]): StationUse {
  const uses = stations.map(station => station.measure())
  const mean = (key: keyof StationUse): number => uses.reduce((sum, use) => sum + use[key], 0) / uses.length
  return {
    utilisation: mean('utilisation'),
    meanWaiting: mean('meanWaiting'),
    meanWait: mean('meanWait'),
    served: mean('served'),
  }
}
