import type { SimulatorContext } from '../../context.ts'
import { V3Refusal } from '../refusal.ts'
import type { Fields, RouteInput } from '../route.ts'

/**
 * Requires that every sub-merchant that a request names is bound to the service provider.
 *
 * @throws {V3Refusal} 403 `NO_AUTH`
 */
export function requireBound(
  { path, query, body }: Pick<RouteInput, 'path' | 'query' | 'body'>,
  { boundSubMerchants }: Pick<SimulatorContext, 'boundSubMerchants'>,
): void {
  if (!boundSubMerchants) return
  for (const { sub_mchid } of [path, query, body, ...subOrdersOf(body)])
    if (typeof sub_mchid === 'string' && sub_mchid !== '' && !boundSubMerchants.has(sub_mchid))
      throw new V3Refusal(403, 'NO_AUTH', '受理关系不存在')
}

/** Returns the parts of a combined order (合单), each of which names its own sub-merchant. */
const subOrdersOf = ({ sub_orders }: Fields): Fields[] =>
  Array.isArray(sub_orders) ? sub_orders.filter(part => typeof part === 'object' && part !== null) : []

/**
 * Returns the sub-merchant that a call names. Calls about invoices (电子发票) require one of direct merchants, too, which name themselves.
 *
 * @returns undefined if it is the merchant itself
 */
export const ownOrSubMerchant = (
  named: unknown,
  { merchant }: Pick<SimulatorContext, 'merchant'>,
): string | undefined => (named === merchant.mchid ? undefined : (named as string | undefined))
