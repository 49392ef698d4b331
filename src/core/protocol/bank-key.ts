import type { Reply } from '../../definitions/call.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import { createPause } from '../base/pause.ts'
import { singleFlight } from '../base/single-flight.ts'
import { importPublicKey, type PublicKey } from '../crypto/keys.ts'
import type { Account } from '../options/account.ts'
import type { Call } from './call.ts'

/** Milliseconds after a failed download until the next one, as for the keys that encrypt fields of APIv3. */
const PAUSE = 10_000

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
  { crypto, now }: Account,
): () => Promise<PublicKey> {
  let key: PublicKey | undefined
  const pause = createPause(now)
  const importKey = singleFlight(async () => {
    const reason = pause.reason()
    if (reason) throw reason.error
    try {
      key = await importPublicKey(configured ?? (await download()), 'bankKey', crypto)
      return key
    } catch (error) {
      pause.begin(PAUSE, error)
      throw error
    }
  })
  return async () => key ?? importKey()
}

/** Downloads the key, as PEM, from `POST /risk/getpublickey` (获取 RSA 加密公钥). */
export async function downloadBankKey(
  { mchid }: Account,
  makeCall: (call: Call) => Promise<Reply<unknown>>,
): Promise<string> {
  const path = '/risk/getpublickey'
  const { data } = await makeCall({
    method: 'POST',
    path,
    template: path,
    trait: traitOf('POST', path),
    body: { mch_id: mchid },
  })
  return (data as { pub_key: string }).pub_key
}
