import type { CallCounts } from '../src/gateway/store/counts.ts'
import type { LedgerStore } from '../src/gateway/store/ledger.ts'

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
   * @throws {Error} whose message begins with {@link METHOD_UNKNOWN}: the caller has a newer version
   */
  carryOut(method: keyof LedgerStore, args: readonly unknown[], id?: string, counts?: CallCounts): Promise<unknown>
}

/** Begins the message of the error for an unknown method: RPC keeps the message of an error, and loses its class. */
export const METHOD_UNKNOWN = 'LEDGER_METHOD_UNKNOWN'
