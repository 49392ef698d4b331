import type { World } from '../world.ts'
import { paramError } from './refusal.ts'

/** The merchant who is named must be the merchant who signed. */
export function requireMerchant(given: unknown, location: 'body' | 'query', { merchant }: World): void {
  if (given !== merchant.mchid)
    throw paramError('参数错误，商户号与签名的商户号不一致', {
      field: location === 'body' ? '/mchid' : 'mchid',
      issue: 'mchid is not the one that signed the request',
      location,
      value: given,
    })
}
