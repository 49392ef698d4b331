import { type Account, createAccounts } from '../options/account.ts'
import type { ClientOptions } from '../options/options.ts'
import { createBankKey, downloadBankKey } from '../protocol/bank-key.ts'
import type { Credentials } from '../protocol/call.ts'
import { CERTIFICATES, readCertificates, recallCertificates } from '../protocol/certificates.ts'
import { createPlatformKeys } from '../protocol/platform-keys.ts'
import { makeCall, type Sender, sendCall } from './send-call.ts'

/**
 * Creates the part of a client that sends calls, with the keys of both sides. Keys of WeChat Pay that are not configured
 * are downloaded when a call or a message first needs them.
 *
 * @throws {ConfigurationError}
 */
export function createSender(options: ClientOptions): Sender {
  const { account, brandAccount } = createAccounts(options)
  const sender: Sender = {
    options,
    credentials: account && createCredentials(account, options, () => sender),
    brandCredentials: brandAccount && {
      account: brandAccount,
      platformKeys: createPlatformKeys(options.brand?.platformKeys ?? {}, undefined, brandAccount),
    },
  }
  return sender
}

/** Creates the credentials of a merchant. Downloads of keys are calls of its own sender. */
function createCredentials(account: Account, options: ClientOptions, senderOf: () => Sender): Credentials {
  const { certificateCache: cache } = options
  const credentials: Credentials = {
    account,
    platformKeys: createPlatformKeys(
      options.platformKeys ?? {},
      account.hasApiv3Key
        ? {
            recall: async () => cache && recallCertificates(cache, account),
            download: configured =>
              sendCall(
                { ...senderOf(), credentials: { ...credentials, platformKeys: configured } },
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
      () => downloadBankKey(account, call => makeCall(senderOf(), call, 'v2', {})),
      account,
    ),
  }
  return credentials
}
