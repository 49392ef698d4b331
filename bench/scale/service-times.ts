import { readFileSync } from 'node:fs'
import type { Operation } from './operations.ts'

/** The time that an operation takes, milliseconds. */
export interface OperationTime {
  /** Processor time of the gateway's JavaScript thread. */
  readonly thread: number
  /** Processor time of the gateway's process on all its threads. */
  readonly process: number
  /** Processor time of the database server; 0 for SQLite, whose time is the gateway's. */
  readonly server: number
  /** Time until the call returned, one at a time: with the disk and the loopback network. */
  readonly latency: number
}

export interface LedgerTimes {
  /** `recordEvent`: durable before it returns. */
  readonly record: OperationTime
  readonly claim: OperationTime
  /** `recordAttempt` of a delivery that succeeded. */
  readonly attempt: OperationTime
  /** Bytes of the ledger per event with one delivery, indexes included. */
  readonly bytesPerEvent: number
}

/** The time of what the simulation leaves out, milliseconds. */
export interface FurtherTime {
  /** Processor time of the gateway's process, of workerd's for the Worker. */
  readonly process: number
  /** Time until the response, one at a time; for the Worker 64 at a time, by their number. */
  readonly latency: number
}

/** The measurements of `node bench/scale/measure.ts` on one machine. */
export interface ServiceTimes {
  readonly date: string
  readonly machine: string
  /** A notification over HTTP without the ledger: parse, verify, decrypt, respond. */
  readonly intake: OperationTime
  /** A delivery over HTTP without the ledger: sign, send, read the response. */
  readonly delivery: OperationTime
  /** Each call in a transaction of its own. */
  readonly postgres: LedgerTimes
  readonly further: FurtherTimes
}

/** Measurements that the simulation does not use. */
export interface FurtherTimes {
  readonly date: string
  readonly machine: string
  /** The ledgers with calls that arrive together in one commit. */
  readonly sqlite: LedgerTimes
  readonly postgres: LedgerTimes
  /** A call to WeChat Pay through the gateway with a ledger in SQLite: a query, and an order, which the audit trail keeps. */
  readonly relay: Readonly<Record<'query' | 'order', FurtherTime>>
  /** In workerd: a notification to the Worker, the same with its delivery by the queue, and calls of a Worker to a Durable Object. */
  readonly worker: Readonly<Record<'intake' | 'delivering' | Operation, FurtherTime>>
}

const FILE = new URL('service-times.json', import.meta.url)

export const readServiceTimes = (): ServiceTimes => JSON.parse(readFileSync(FILE, 'utf8')) as ServiceTimes
