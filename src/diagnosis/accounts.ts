import { DecryptionError } from '../core/base/errors.ts'
import { decrypt } from '../core/crypto/rsa.ts'
import { type Account, createAccounts, type SigningAccount } from '../core/options/account.ts'
import type { GivenKeys } from './keys/given-keys.ts'

/** Ids that no message has. Which merchant a message is for is not checked: nobody says whose keys were given. */
const NOBODY = '0'

/** Creates the accounts that decrypt with given keys: of a merchant and of a brand. */
export function createGivenAccounts(
  { keys, secrets }: GivenKeys,
  crypto: Crypto,
): { account: Account; brandAccount: SigningAccount } {
  const { apiv3Key, apiv2Key, 'brand.apiKey': apiKey } = secrets
  const { account, brandAccount } = createAccounts({
    mchid: NOBODY,
    crypto,
    ...(apiv3Key !== undefined && { apiv3Key }),
    ...(apiv2Key !== undefined && { apiv2Key }),
    brand: { brandId: NOBODY, ...(apiKey !== undefined && { apiKey }) },
  })
  const privateKeys = keys.filter(key => key.kind === 'private-key')
  const decryptField = async (encrypted: string): Promise<string> => {
    let problem: unknown = new DecryptionError('Give the private key (apiclient_key.pem), which decrypts fields.')
    for (const { key } of privateKeys)
      try {
        return await decrypt(encrypted, key, crypto)
      } catch (error) {
        problem = error
      }
    throw problem
  }
  return { account: { ...account!, decrypt: decryptField }, brandAccount: { ...brandAccount!, decrypt: decryptField } }
}
