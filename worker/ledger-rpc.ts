import type { CallCounts } from '../src/gateway/store/counts.ts'
import type { LedgerStore } from '../src/gateway/store/ledger.ts'
import type { Layout } from '../src/gateway/store/shards/layout.ts'
import type { ShardMethod } from '../src/gateway/store/shards/shard.ts'
import type { LedgerFileCode } from '../src/storage/transfer/file-error.ts'
import type { ImportSteps } from './import-store.ts'

/** The methods of the ledger in a Durable Object. */
export type LedgerObjectMethod = keyof LedgerStore | ShardMethod | keyof ImportSteps

/**
 * The RPC method of a ledger's Durable Object. For some minutes of a deploy, Workers of the new version call objects of the old one
 * and the reverse: parameters are only ever added, as optional ones, and a method stays for one release after its last use.
 */
export interface LedgerRpc {
  /**
   * Carries out one of the store's methods, atomically.
   *
   * @param id of the call, the same at each repetition: a call that was carried out is not carried out again
   * @param counts added to the ledger's sums when the call is carried out
   * @param layout by which the call was routed. If the object has seen a later one, nothing is carried out, and the result is a
   * {@link LayoutRefusal}; without the parameter it throws then
   * @throws {Error} whose message begins with {@link METHOD_UNKNOWN}: the caller has a newer version
   */
  carryOut(
    method: LedgerObjectMethod,
    args: readonly unknown[],
    id?: string,
    counts?: CallCounts,
    layout?: Layout,
  ): Promise<unknown>
  /**
   * Carries out several calls, each atomically, and commits them together.
   *
   * @returns the result of each, in their order; undefined for one that has failed. Repeated by {@link LedgerRpc.carryOut} with the same
   * id, it fails again or is carried out
   */
  carryOutAll(calls: readonly CallArguments[]): Promise<readonly (CarriedOut | undefined)[]>
}

/** The result of one of several calls. */
export interface CarriedOut {
  readonly value: unknown
}

/** A call of {@link LedgerRpc.carryOut}, by its parameters. */
export type CallArguments = Parameters<LedgerRpc['carryOut']>

/** The result of a call that was routed by an earlier layout than the object has seen. */
export interface LayoutRefusal {
  readonly layoutChanged: Layout
}

/** The result of a step of an import that was refused. */
export interface ImportRefusal {
  readonly importRefused: { readonly code: LedgerFileCode; readonly detail: string }
}

/** Begins the message of the error for an unknown method: RPC keeps the message of an error, and loses its class. */
export const METHOD_UNKNOWN = 'LEDGER_METHOD_UNKNOWN'
