import type { State } from '../../state/state.ts'
import { createRecords, type RecordKeys, type Records } from '../records.ts'
import { Rejection, type RejectionReason } from '../rejection.ts'

/** The stored transfers of one product. */
export interface TransferRecords<T> extends Omit<Records<T>, 'findRepeated'> {
  /** @throws {Rejection} there is no such transfer */
  require(key: string): T
  /** @throws {Rejection} there is no such transfer */
  requireByNumber(number: string): T
  /** @throws {Rejection} `TRANSFER_NUMBER_USED` */
  findRepeated(key: string, fingerprint: string): T | undefined
}

/**
 * @param map name of the map of the state
 * @param unknown reason for which a number is refused that no transfer has
 */
export function createTransferRecords<T extends { readonly fingerprint: string }>(
  state: State,
  map: string,
  keys: RecordKeys<T>,
  unknown: RejectionReason = 'TRANSFER_UNKNOWN',
): TransferRecords<T> {
  const records = createRecords(state.map<T>(map), keys)
  const requireRecord = (record: T | undefined, number: string): T => {
    if (!record) throw new Rejection(unknown, number)
    return record
  }
  return {
    ...records,
    require: key => requireRecord(records.find(key), key),
    requireByNumber: number => requireRecord(records.findByNumber(number), number),
    findRepeated: (key, fingerprint) => records.findRepeated(key, fingerprint, 'TRANSFER_NUMBER_USED'),
  }
}
