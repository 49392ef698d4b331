import type { Account } from '../account.ts'
import { importPublicKey, type PublicKey } from '../crypto/keys.ts'
import { singleFlight } from '../single-flight.ts'

/**
 * The key that seals bank card numbers and names in APIv2 (付款到银行卡 RSA 公钥).
 *
 * @param configured PEM, which the options' check has read; without it the key is fetched when it is first needed, and kept
 * @param download gives the PEM that `POST /risk/getpublickey` answers
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export function createBankKey(
  configured: string | undefined,
  download: () => Promise<string>,
  { crypto }: Account,
): () => Promise<PublicKey> {
  let key: PublicKey | undefined
  const fetched = singleFlight(async () => {
    key = await importPublicKey(configured ?? (await download()), 'bankKey', crypto)
    return key
  })
  return async () => key ?? fetched()
}
