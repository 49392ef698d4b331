import { brandCredentialsOf, credentialsOf } from '../../core/client/client.ts'
import { parseJsonOr } from '../../core/codec/json.ts'
import { prettyJson } from '../../core/codec/pretty-json.ts'
import type { Wechatpay } from '../../core/index.ts'
import type { SigningAccount } from '../../core/options/account.ts'
import { brandEventNames } from '../../definitions/generated/event-names.ts'
import type { Message } from '../../diagnosis/message.ts'
import { type Command, usageError } from '../command.ts'
import { createOfflineClient, ENV_OPTION, JSON_OPTION, KEYS_HELP } from '../merchant.ts'
import { readMessage } from '../saved-message.ts'
import { escapeControls, jsonText } from '../terminal.ts'
import { decryptSavedMessage } from './saved-message.ts'

export const decrypt: Command = {
  name: 'decrypt',
  operands: '[file]',
  description: `Decrypts a saved notification (APIv3 resource, APIv2 req_info), the platform certificates of v3/certificates, or a
response with encrypted fields. The file has the format of wechatpay-edge verify, or is the body alone. Nothing is
sent, and nothing is verified: use wechatpay-edge verify for that.`,
  options: [
    {
      name: 'value',
      value: '<base64>',
      description: 'One field that is encrypted for the merchant (敏感信息), instead of a file.',
    },
    ENV_OPTION,
    JSON_OPTION,
  ],
  epilogue: KEYS_HELP,

  async run(values, { print }, args) {
    const encrypted = values.value as string | undefined
    if (encrypted !== undefined && args.length) throw usageError('Give either --value or a file, not both.')
    if (encrypted === undefined && args.length === 0)
      throw usageError('No file is given. Give the file of a saved notification or response, or --value <base64>.')
    const message = encrypted === undefined ? await readMessage(args) : undefined
    const { client } = await createOfflineClient(values)
    const { account } = credentialsOf(client)
    if (message) {
      const brand = brandAccountOf(message, client)
      const { key, decrypted } = await decryptSavedMessage(message.body, account, undefined, brand)
      return print(escapeControls(prettyJson(values.json ? { key, decrypted } : decrypted)))
    }
    const text = await account.decrypt(encrypted!)
    print(values.json ? jsonText({ key: 'WECHATPAY_PRIVATE_KEY', decrypted: text }, 2) : text)
  },
}

/** Returns the account of the brand if a message is for it: it names a key of the brand, or an event of the brand API. */
function brandAccountOf({ headers, body }: Message, client: Wechatpay): SigningAccount | undefined {
  const brand = brandCredentialsOf(client)
  const serial = headers.get('wechatpay-serial')
  const { event_type } = Object(parseJsonOr(body, undefined)) as { event_type?: string }
  const isForBrand = serial ? brand?.platformKeys.has(serial) : brandEventNames.includes(String(event_type))
  return isForBrand ? brand?.account : undefined
}
