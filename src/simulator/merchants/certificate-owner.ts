import { base64 } from '../../core/base/bytes.ts'
import type { SimulatedMerchant } from '../keys/merchant.ts'

/**
 * Returns the merchant that has a client certificate; undefined if none of them has.
 *
 * @param certificate DER
 */
export function ownerOfCertificate(
  certificate: Uint8Array,
  merchants: readonly SimulatedMerchant[],
): string | undefined {
  const text = base64(new Uint8Array(certificate))
  return merchants.find(merchant => textOf(merchant) === text)?.mchid
}

/** The DER of each merchant's certificate as base64: each request with a client certificate is compared with all of them. */
const texts = new WeakMap<SimulatedMerchant, string>()

function textOf(merchant: SimulatedMerchant): string {
  const known = texts.get(merchant)
  if (known !== undefined) return known
  const text = merchant.certificate.replace(/-----[^-]+-----|\s/g, '')
  texts.set(merchant, text)
  return text
}
