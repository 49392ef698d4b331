import { createAccount } from './account.ts'
import { exchange, makeCall } from './exchange.ts'
import type { WechatpayOptions } from './options.ts'
import { createBankKey, downloadBankKey } from './protocol/bank-key.ts'
import type { Credentials } from './protocol/call.ts'
import { CERTIFICATES, readCertificates, recallCertificates } from './protocol/certificates.ts'
import { createPlatformKeys } from './protocol/platform-keys.ts'

/**
 * Creates the keys of both sides from the options of a client. Keys of WeChat Pay that are not configured are
 * downloaded when a call or a message first needs them.
 *
 * @throws {ConfigurationError}
 */
export function createCredentials(options: WechatpayOptions): Credentials {
  const account = createAccount(options)
  const { certificateCache: cache } = options
  const credentials: Credentials = {
    account,
    platformKeys: createPlatformKeys(
      options.platformKeys ?? {},
      account.hasApiv3Key
        ? {
            recall: async () => cache && recallCertificates(cache, account),
            download: configured =>
              exchange(
                { options, credentials: { ...credentials, platformKeys: configured } },
                CERTIFICATES,
                'v3',
                {},
                response => readCertificates(response, account, configured, cache),
              ),
          }
        : undefined,
      account,
    ),
    bankKey: createBankKey(
      options.bankKey,
      () => downloadBankKey(account, call => makeCall({ options, credentials }, call, 'v2', {})),
      account,
    ),
  }
  return credentials
}
