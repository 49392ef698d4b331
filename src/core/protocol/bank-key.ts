import type { Reply } from '../../definitions/call.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import type { Account } from '../account.ts'
import { importPublicKey, type PublicKey } from '../crypto/keys.ts'
import { singleFlight } from '../single-flight.ts'
import type { Call } from './call.ts'

/**
 * Creates the key that encrypts bank card numbers and names in APIv2 (付款到银行卡 RSA 公钥).
 *
 * @param configured PEM, already checked with the options; if undefined, the key is downloaded when it is first needed
 * @param download returns the PEM, like {@link downloadBankKey}
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export function createBankKey(
  configured: string | undefined,
  download: () => Promise<string>,
  { crypto }: Account,
): () => Promise<PublicKey> {
  let key: PublicKey | undefined
  const importKey = singleFlight(async () => {
    key = await importPublicKey(configured ?? (await download()), 'bankKey', crypto)
    return key
  })
  return async () => key ?? importKey()
}

/** Downloads the key, as PEM, from `POST /risk/getpublickey` (获取 RSA 加密公钥). */
export async function downloadBankKey(
  { mchid }: Account,
  makeCall: (call: Call) => Promise<Reply<unknown>>,
): Promise<string> {
  const path = '/risk/getpublickey'
  const { data } = await makeCall({ method: 'POST', path, trait: traitOf('POST', path), body: { mch_id: mchid } })
  return (data as { pub_key: string }).pub_key
}
