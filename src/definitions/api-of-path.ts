import type { Api } from './call.ts'

/**
 * Returns the API of a path that begins with its API; APIv3 for any other, such as `/checkout/…` of the gateway, which places orders
 * of APIv3.
 *
 * @param path `/v3/pay/transactions/native`, `/v2/pay/unifiedorder`, `/brand/card-member/cards`
 * @example
 * ```ts
 * apiOfPath('/brand/card-member/cards') // 'brand'
 * ```
 */
export const apiOfPath = (path: string): Api => {
  const [, segment] = path.split('/', 2)
  return segment === 'v2' || segment === 'brand' ? segment : 'v3'
}
