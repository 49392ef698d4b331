import { credentialsOf } from '../../core/client.ts'
import { printChecks } from '../checks.ts'
import { type Command, usage } from '../command.ts'
import { CERTIFICATES, ENV, JSON_OUTPUT, KEYS, readKeys } from '../merchant.ts'
import { readMessage } from '../saved-message.ts'
import { verifyV2 } from './v2.ts'
import { verifyV3 } from './v3.ts'

export const verify: Command = {
  name: 'verify',
  takes: '<file>',
  about: `Says, step by step, whether a saved answer or notification is WeChat Pay's, and of the step that fails why.
The file holds HTTP as curl -i shows it (headers, an empty line, the body as it came), or JSON { headers, body };
for APIv2 the body is enough.`,
  options: [
    {
      name: 'at',
      value: '<time>',
      text: 'Judges its timestamp by this time: 2026-01-01T09:00:00Z, seconds since 1970, or "sent",\nthe time that it names itself. A saved message is stale after 5 minutes. Default: now.',
    },
    CERTIFICATES,
    ENV,
    JSON_OUTPUT,
  ],
  more: `Platform certificates are downloaded where they are needed and not given; else nothing is sent.
${KEYS}`,

  async run(values, terminal, args) {
    const message = await readMessage(args)
    const at = timeOf(values.at as string | undefined, message.headers)
    const { client, options } = await readKeys(values)
    const isV3 = [...message.headers.keys()].some(name => name.startsWith('wechatpay-'))
    const credentials = credentialsOf(client)
    const isV2 = !isV3 && (/^\s*</.test(message.body) || /"event_ciphertext"/.test(message.body))
    const checks = await (isV2 ? verifyV2(message, credentials) : verifyV3(message, at, credentials, options))
    printChecks(checks, terminal, Boolean(values.json))
  },
}

/** Milliseconds. @throws {CommandError} */
function timeOf(text: string | undefined, headers: Headers): number {
  if (text === undefined) return Date.now()
  const time =
    text === 'sent'
      ? Number(headers.get('wechatpay-timestamp')) * 1000
      : /^\d+$/.test(text)
        ? Number(text) * 1000
        : Date.parse(text)
  if (Number.isNaN(time)) throw usage('--at is a time, 2026-01-01T00:00:00+08:00 or seconds since 1970, or "sent".')
  return time
}
