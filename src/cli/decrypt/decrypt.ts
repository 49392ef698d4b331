import { credentialsOf } from '../../core/client.ts'
import { decrypt as decryptField } from '../../core/crypto/rsa.ts'
import { type Command, usageError } from '../command.ts'
import { createOfflineClient, ENV_OPTION, JSON_OPTION, KEYS_HELP } from '../merchant.ts'
import { prettyJson } from '../pretty-json.ts'
import { readMessage } from '../saved-message.ts'
import { decryptMessage } from './message.ts'

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
      const { key, decrypted } = await decryptMessage(message.body, account)
      return print(prettyJson(values.json ? { key, decrypted } : decrypted))
    }
    const text = await decryptField(encrypted!, await account.privateKey(), account.crypto)
    print(values.json ? JSON.stringify({ key: 'WECHATPAY_PRIVATE_KEY', decrypted: text }, undefined, 2) : text)
  },
}
