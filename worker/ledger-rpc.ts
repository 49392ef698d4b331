import type { CallCounts } from '../src/gateway/store/counts.ts'
import type { LedgerStore } from '../src/gateway/store/ledger.ts'

/**
 * The RPC method of a ledger's Durable Object. For some minutes of a deploy a Worker of the next version calls an object of this
 * one, and a Worker of this one an object of the next: parameters are only ever added, and optional, and a method stays for one
 * release after its last use.
 */
export interface LedgerRpc {
  /**
   * Carries out one of the store's methods, whole or not at all.
   *
   * @param id of the call, the same at each repetition: a call that was carried out is not carried out again
   * @param counts added to the ledger's sums when the call is carried out
   * @throws {Error} whose message begins with {@link METHOD_UNKNOWN}: the caller is of a newer version
   */
  carryOut(method: keyof LedgerStore, given: readonly unknown[], id?: string, counts?: CallCounts): Promise<unknown>
}

/** Begins the message of the error for an unknown method: RPC keeps the message of an error, and loses its class. */
export const METHOD_UNKNOWN = 'LEDGER_METHOD_UNKNOWN'
