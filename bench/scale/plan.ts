import { createSlots, shareOf } from '../../src/server/slots.ts'
import { ASSUMPTIONS } from './assumptions.ts'
import { zipfShares } from './distribution.ts'
import type { LedgerTimes, ServiceTimes } from './service-times.ts'

/** The needs of a load, from the measured service times by calculation; the simulation checks it. */
export interface Plan {
  /** Milliseconds per notification with one delivery. */
  readonly perNotification: { readonly thread: number; readonly process: number; readonly server: number }
  /** Notifications per second that one process, and one database, carry at full use. */
  readonly ofProcess: number
  readonly ofDatabase: number
  readonly databases: number
  readonly processes: number
  readonly processesPerDatabase: number
  readonly connectionsPerDatabase: number
  /** Notifications per second of each cell at the peak. */
  readonly ofCell: number
  readonly merchantsPerCell: number
  /** Notifications per second of one merchant that a shared cell delivers whatever the others need: with the share of its endpoint. */
  readonly ofShare: number
  /** The same with the slots that the others leave at the peak. */
  readonly ofEndpoint: number
  /** Notifications per second that one process delivers to the only endpoint of its cell. */
  readonly ofOwnEndpoint: number
  /** Merchants that would use more than the planned share of that at the peak, and need a cell of their own. */
  readonly merchantsBeyond: number
  /** The largest merchant at the peak, per second. */
  readonly largest: number
}

/** Connections of a process beside its pool: one listens, one is open during a sweep (`docs/postgres.md`). */
const FURTHER_CONNECTIONS = 2

export function planFor(times: ServiceTimes, ledger: LedgerTimes): Plan {
  const { peak, merchants, exponent, database, use, connections, endpoint } = ASSUMPTIONS
  const calls = [times.intake, ledger.record, ledger.claim, times.delivery, ledger.attempt]
  const sum = (key: 'thread' | 'process' | 'server') => calls.reduce((total, time) => total + time[key], 0)
  const perNotification = { thread: sum('thread'), process: sum('process'), server: sum('server') }
  const ofProcess = 1_000 / perNotification.thread
  const ofDatabase = (1_000 / perNotification.server) * database.processors * database.efficiency
  const databases = Math.ceil(peak / (ofDatabase * use))
  const processesPerDatabase = Math.ceil(peak / databases / (ofProcess * use))
  const merchantsPerCell = Math.ceil(merchants / databases)
  const deliveriesPerSecond = (slots: number): number => (slots * processesPerDatabase * 1_000) / endpoint.mean
  // Little's law: a slot is in use from the claim of a delivery until its attempt is recorded.
  const inUse =
    (peak / databases / processesPerDatabase / 1_000) * (ledger.claim.latency + endpoint.mean + ledger.attempt.latency)
  const ofEndpoint = deliveriesPerSecond(slotsBeside(Math.ceil(inUse), merchantsPerCell))
  const sizes = zipfShares(merchants, exponent).map(share => share * peak)
  return {
    perNotification,
    ofProcess,
    ofDatabase,
    databases,
    processes: processesPerDatabase * databases,
    processesPerDatabase,
    connectionsPerDatabase: processesPerDatabase * (connections + FURTHER_CONNECTIONS),
    ofCell: peak / databases,
    merchantsPerCell,
    ofShare: deliveriesPerSecond(shareOf(merchantsPerCell)),
    ofEndpoint,
    ofOwnEndpoint: Math.min(ofProcess, (shareOf(1) * 1_000) / endpoint.mean),
    merchantsBeyond: sizes.filter(size => size > ofEndpoint * use).length,
    largest: sizes[0]!,
  }
}

/** Returns the slots of an endpoint with a backlog, beside as many others with one delivery in progress as slots are in use. */
function slotsBeside(inUse: number, endpoints: number): number {
  const slots = createSlots(endpoints)
  for (let other = 0; other < inUse; other++) slots.take(`other ${other}`)
  const share = slots.limitOf('large')
  slots.admit('large', Array(share).fill({ endpoint: 'large' }), () => share)
  return slots.limitOf('large')
}
