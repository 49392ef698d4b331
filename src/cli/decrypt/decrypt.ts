import { credentialsOf } from '../../core/client.ts'
import { open } from '../../core/crypto/rsa.ts'
import { type Command, usage } from '../command.ts'
import { ENV, JSON_OUTPUT, KEYS, readKeys } from '../merchant.ts'
import { prettyJson } from '../pretty-json.ts'
import { readMessage } from '../saved-message.ts'
import { openMessage } from './message.ts'

export const decrypt: Command = {
  name: 'decrypt',
  takes: '[file]',
  about: `Opens what WeChat Pay sealed: a saved notification (APIv3 resource, APIv2 req_info), the platform certificates
of v3/certificates, an answer with sealed fields. The file is as verify takes it, or the body alone. Nothing is sent,
and nothing is verified: that is what wechatpay-edge verify does.`,
  options: [
    {
      name: 'sealed',
      value: '<base64>',
      text: 'One field that is sealed for the merchant (敏感信息), instead of a file.',
    },
    ENV,
    JSON_OUTPUT,
  ],
  more: KEYS,

  async run(values, { print }, args) {
    const sealed = values.sealed as string | undefined
    if (sealed !== undefined && args.length) throw usage('Either --sealed or a file.')
    if (sealed === undefined && args.length === 0)
      throw usage('Which file? Give that of a saved notification or answer, or --sealed <base64>.')
    const message = sealed === undefined ? await readMessage(args) : undefined
    const { client } = await readKeys(values)
    const { account } = credentialsOf(client)
    if (message) {
      const { with: key, opened } = await openMessage(message.body, account)
      return print(prettyJson(values.json ? { with: key, opened } : opened))
    }
    const text = await open(sealed!, await account.privateKey(), account.crypto)
    print(values.json ? JSON.stringify({ with: 'WECHATPAY_PRIVATE_KEY', opened: text }, undefined, 2) : text)
  },
}
