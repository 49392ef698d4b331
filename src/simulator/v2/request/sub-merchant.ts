import type { SimulatorContext } from '../../context.ts'
import { ReturnRefusal } from '../refusal.ts'

/**
 * Requires that sub-merchants are bound to the service provider. WeChat Pay refuses the message itself, without a `result_code`.
 *
 * @param named the sub-merchants that a message names; empty or absent: none
 * @throws {ReturnRefusal}
 */
export function requireBound(
  named: readonly (string | undefined)[],
  { boundSubMerchants }: Pick<SimulatorContext, 'boundSubMerchants'>,
): void {
  if (!boundSubMerchants || named.every(mchid => !mchid || boundSubMerchants.has(mchid))) return
  throw new ReturnRefusal(boundSubMerchants.isEmpty() ? '普通商户不允许传sub_mch_id' : '受理关系不存在')
}
