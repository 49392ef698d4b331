import type { State } from '../../state/state.ts'
import { createRecords, type Records } from '../records.ts'
import type { SharingReturn } from './sharing-return.ts'

/** The stored returns. */
export interface SharingReturnRecords extends Records<SharingReturn> {
  /** Adds a new return. */
  add(sharingReturn: SharingReturn): SharingReturn
  /** Returns the amount that a receiver has returned of a sharing order, or is about to, in fen. */
  returnedAmount(out_order_no: string, return_mchid: string): number
}

export function createSharingReturnRecords(state: State): SharingReturnRecords {
  const records = createRecords(state.map<SharingReturn>('sharing-returns'), {
    keyOf: ({ out_return_no }) => out_return_no,
    numbersOf: ({ return_id }) => [return_id],
  })
  const amounts = new Map<string, number>()
  const receiverKey = (out_order_no: string, mchid: string): string => `${out_order_no}/${mchid}`
  const countAmount = ({ out_order_no, return_mchid, result, amount }: SharingReturn): void => {
    const key = receiverKey(out_order_no, return_mchid)
    if (result !== 'FAILED') amounts.set(key, (amounts.get(key) ?? 0) + amount)
  }
  for (const sharingReturn of records.all()) countAmount(sharingReturn)
  return {
    ...records,
    add(sharingReturn) {
      countAmount(sharingReturn)
      return records.save(sharingReturn)
    },
    returnedAmount: (out_order_no, return_mchid) => amounts.get(receiverKey(out_order_no, return_mchid)) ?? 0,
  }
}
