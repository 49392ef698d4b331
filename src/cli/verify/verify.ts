import { credentialsOf } from '../../core/client.ts'
import { printChecks } from '../checks.ts'
import { type Command, usageError } from '../command.ts'
import { CERTIFICATES_OPTION, createOfflineClient, ENV_OPTION, JSON_OPTION, KEYS_HELP } from '../merchant.ts'
import { readMessage } from '../saved-message.ts'
import { verifyV2 } from './v2.ts'
import { verifyV3 } from './v3.ts'

export const verify: Command = {
  name: 'verify',
  operands: '<file>',
  description: `Checks step by step whether a saved response or notification is WeChat Pay's, and says why a step fails.
The file has HTTP as printed by curl -i (headers, an empty line, the body as received), or JSON { headers, body };
for APIv2 the body is enough.`,
  options: [
    {
      name: 'at',
      value: '<time>',
      description:
        'Checks the timestamp against a time: 2026-01-01T09:00:00Z, seconds since 1970, or "sent",\nthe time in the message. A saved message is stale after 5 minutes. Default: now.',
    },
    CERTIFICATES_OPTION,
    ENV_OPTION,
    JSON_OPTION,
  ],
  epilogue: `Platform certificates are downloaded if they are needed and not given; otherwise nothing is sent.
${KEYS_HELP}`,

  async run(values, terminal, args) {
    const message = await readMessage(args)
    const at = timeOf(values.at as string | undefined, message.headers)
    const { client, options } = await createOfflineClient(values)
    const isV3 = [...message.headers.keys()].some(name => name.startsWith('wechatpay-'))
    const credentials = credentialsOf(client)
    const isV2 = !isV3 && (/^\s*</.test(message.body) || /"event_ciphertext"/.test(message.body))
    const checks = await (isV2 ? verifyV2(message, credentials) : verifyV3(message, at, credentials, options))
    printChecks(checks, terminal, Boolean(values.json))
  },
}

/**
 * Reads the time of `--at`.
 *
 * @returns milliseconds since 1970
 * @throws {CommandError} it is not a time
 */
function timeOf(text: string | undefined, headers: Headers): number {
  if (text === undefined) return Date.now()
  const time =
    text === 'sent'
      ? Number(headers.get('wechatpay-timestamp')) * 1000
      : /^\d+$/.test(text)
        ? Number(text) * 1000
        : Date.parse(text)
  if (Number.isNaN(time))
    throw usageError('--at must be a time such as 2026-01-01T00:00:00+08:00, seconds since 1970, or "sent".')
  return time
}
