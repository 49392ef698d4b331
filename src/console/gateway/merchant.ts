import type { ListedDelivery } from '../../gateway/store/delivery/row.ts'
import { createStore } from '../store.ts'
import { viewer } from './session.ts'

/** A row of `GET /admin/merchants`. */
export interface MerchantRow {
  readonly mchid: string
  readonly pending: number
  readonly dead: number
  readonly oldestPendingAt: number | null
  readonly circuits: readonly {
    readonly endpoint: string
    readonly failures: number
    readonly retry_at: number
  }[]
}

/**
 * Returns when the endpoint of a pending delivery is probed, if its circuit is open: the delivery waits for that, also when its own
 * time has come.
 */
export function probeTimeOf(
  { mchid, endpoint, due_at }: Pick<ListedDelivery, 'mchid' | 'endpoint' | 'due_at'>,
  rows: readonly MerchantRow[] = [],
): number | undefined {
  const circuit = rows.find(row => row.mchid === mchid)?.circuits.find(open => open.endpoint === endpoint)
  return circuit && circuit.retry_at > due_at ? circuit.retry_at : undefined
}

/** The merchants of the gateway; undefined until they have been read. */
export const merchants = createStore<readonly MerchantRow[] | undefined>(undefined)
/** The merchant that the views show. */
export const selectedMchid = createStore<string | undefined>(undefined)

/** The number by which events are searched for. It stays when an event is opened and closed. */
export const searchedNumber = createStore('')

// They are those of one caller. Another one may not even know them.
viewer.subscribe(() => {
  merchants.set(undefined)
  selectedMchid.set(undefined)
  searchedNumber.set('')
})

/** Returns the path of a page about a merchant. */
export const merchantPath = (mchid: string, path: string): string =>
  `/admin/merchants/${encodeURIComponent(mchid)}${path}`
