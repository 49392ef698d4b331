import { credentialsOf } from '../../core/client/client.ts'
import type { Wechatpay, WechatpayOptions } from '../../core/index.ts'
import { describeFinding, type MessageFinding, SIGNATURE_STEPS } from '../../diagnosis/finding.ts'
import { isV2Body, type Message } from '../../diagnosis/message.ts'
import { verifyV2 } from '../../diagnosis/verify-v2.ts'
import { verifyV3 } from '../../diagnosis/verify-v3.ts'
import { type Check, printChecks } from '../checks.ts'
import { type Command, CommandError, usageError } from '../command.ts'
import { CERTIFICATES_OPTION, createOfflineClient, ENV_OPTION, JSON_OPTION, KEYS_HELP } from '../merchant.ts'
import { readMessage } from '../saved-message.ts'
import { findPlatformKey } from './platform-key.ts'
import { VERIFY_WORDS } from './words.ts'

export const verify: Command = {
  name: 'verify',
  operands: '<file>',
  description: `Checks step by step whether a saved response or notification is WeChat Pay's, and says why a step fails.
The file has HTTP as printed by curl -i (headers, an empty line, the body as received), or JSON { headers, body };
for APIv2 the body is enough. A refund notification of APIv2 has no signature: it passes if it decrypts, with
"genuine": "unsigned" in JSON, and proves nothing.`,
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
    refuseRequest(message)
    const at = timeOf(values.at as string | undefined, message.headers)
    const { client, options } = await createOfflineClient(values)
    const checks = await checkMessage(message, at, client, options)
    printChecks(checks, terminal, Boolean(values.json), { genuine: genuineOf(checks) })
  },
}

/** @throws {CommandError} the message is a merchant's request, which has other headers and other keys */
function refuseRequest({ headers }: Message): void {
  if (headers.get('authorization')?.startsWith('WECHATPAY'))
    throw new CommandError(
      "This is a request to WeChat Pay, and verify checks what comes from WeChat Pay. Paste it into the simulator's page Signatures, /console/workbench.html: it finds what is wrong with a request's signature.",
    )
}

/**
 * Checks step by step whether a message is WeChat Pay's, in the API that its headers and its form tell.
 *
 * @param at time of arrival, milliseconds since 1970
 */
export async function checkMessage(
  message: Message,
  at: number,
  client: Wechatpay,
  options: WechatpayOptions,
): Promise<Check[]> {
  const isV3 = [...message.headers.keys()].some(name => name.startsWith('wechatpay-'))
  const credentials = credentialsOf(client)
  if (!isV3 && isV2Body(message.body)) return (await verifyV2(message, credentials.account)).map(checkOf)
  // The ids of the brand's keys are none of the merchant's.
  const given = { ...options.platformKeys, ...options.brand?.platformKeys }
  const findKey = (serial: string) => findPlatformKey(serial, at, credentials, given)
  const findings = await verifyV3<Check>(message, at, findKey, credentials.account.crypto)
  return findings.map(finding => ('step' in finding ? checkOf(finding) : finding))
}

function checkOf(finding: MessageFinding): Check {
  const [detail, fix] = describeFinding(finding, VERIFY_WORDS)
  return { name: finding.step, ok: finding.ok, detail, fix }
}

/**
 * Returns whether checks prove a message: true only if a signature is valid and nothing failed; `unsigned` if nothing
 * failed but there is no signature, as in an APIv2 refund.
 */
export function genuineOf(checks: readonly Check[]): boolean | 'unsigned' {
  if (checks.some(({ ok }) => ok === false)) return false
  return checks.some(({ name, ok }) => ok && SIGNATURE_STEPS.has(name)) || 'unsigned'
}

/**
 * Reads the time of `--at`.
 *
 * @returns milliseconds since 1970
 * @throws {CommandError} it is not a time
 */
export function timeOf(text: string | undefined, headers: Headers): number {
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
