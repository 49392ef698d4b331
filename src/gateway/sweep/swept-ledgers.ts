import { withDeadline } from '../../core/base/deadline.ts'
import type { Wechatpay } from '../../core/index.ts'
import type { GatewayContext } from '../context.ts'
import type { Ledger } from '../store/ledger.ts'
import { partsOf, retireLayouts } from '../store/shards/sharded-ledger.ts'

/** Milliseconds for a ledger to list what a sweep must do, or of which ledgers it consists. */
const LEDGER_TIMEOUT = 5_000

/** Runs a call to a ledger, which must not hold up the sweep. @throws {DOMException} `TimeoutError` */
export function callInTime<T>(call: () => Promise<T>): Promise<T> {
  const errorOf = () => new DOMException(`No response of the ledger within ${LEDGER_TIMEOUT} ms.`, 'TimeoutError')
  return withDeadline(LEDGER_TIMEOUT, errorOf, call)
}

/** A merchant's ledger, or one of those of which it consists: each is swept by itself, so that one that hangs does not delay the others. */
export interface SweptLedger {
  readonly mchid: string
  readonly client: Wechatpay
  readonly part: Ledger
}

/** Lists the ledgers of merchants. Leaves out a ledger that does not respond. */
export async function sweptLedgers(
  merchants: readonly (readonly [mchid: string, client: Wechatpay])[],
  { ledgerOf, log }: Pick<GatewayContext, 'ledgerOf' | 'log'>,
): Promise<readonly SweptLedger[]> {
  const found = merchants.map(async ([mchid, client]) => {
    try {
      const parts = await callInTime(() => partsOf(ledgerOf(mchid)))
      return parts.map(part => ({ mchid, client, part }))
    } catch (error) {
      log.warn('sweep failed', { mchid, reason: error })
      return []
    }
  })
  return (await Promise.all(found)).flat()
}

/** Ends the look-ups in the places that the rows of ledgers had before they were spread, where no such row is left. */
export async function retireAllLayouts({
  retainedLedgers,
  gatewayLedger,
  log,
}: Pick<GatewayContext, 'retainedLedgers' | 'gatewayLedger' | 'log'>): Promise<void> {
  for (const ledger of new Set([...retainedLedgers(), gatewayLedger()]))
    await retireLayouts(ledger).catch(error => log.warn('sweep failed', { reason: error }))
}
