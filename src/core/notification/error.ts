import {
  type DecryptionCode,
  type MalformedCode,
  type NotificationCode,
  type SignatureCode,
  WechatpayError,
} from '../base/errors.ts'

/** The likely causes of a code, the most likely first, each with its cure. Other codes name their one cause themselves. */
const CAUSES: Readonly<Partial<Record<NotificationError['code'], readonly string[]>>> = {
  SIGNATURE_MISSING: [
    'the sender is not WeChat Pay, but a scanner or a request by hand; refusing it is right',
    'a proxy or a framework drops the headers Wechatpay-…; let them pass',
  ],
  SIGNATURE_INVALID: [
    'a body parser or a proxy has changed the body; pass it byte for byte as received, neither parsed nor re-serialized (wechatpay-edge/frameworks does so for Express, Koa, Fastify and NestJS)',
    'the keys are not those of the notified merchant (商户号); check platformKeys, for APIv2 apiv2Key',
    'the message is forged; refusing it is right',
  ],
  SIGNATURE_STALE: [
    'the clock of this machine is wrong; synchronize it',
    'a queue or a proxy has held the message back; WeChat Pay repeats it',
    'an old message is replayed; refusing it is right',
  ],
  SIGNATURE_UNKNOWN_SERIAL: [
    'platformKeys has no key with this id; copy the public key (微信支付公钥) and its id from the merchant platform, or give apiv3Key so that platform certificates are fetched',
    'the message is for another merchant (商户号); give each its own notify_url and keys',
    'the message is forged; refusing it is right',
  ],
  DECRYPTION_FAILED: [
    'the key was changed on the merchant platform; give the current apiv3Key, for APIv2 apiv2Key',
    'the message is for another merchant (商户号); give each its own notify_url and keys',
  ],
}

/** The one cause if the message is a delivery of a gateway, whose format (Standard Webhooks) has this header. */
const GATEWAY_DELIVERY: readonly string[] = [
  'this is a delivery of your gateway or of wechatpay-edge listen (Standard Webhooks: it has a header webhook-id), not a notification of WeChat Pay; send it to another path, and verify webhook-signature there',
]

/**
 * Thrown if a message is not a notification to act on: it is not proven to be WeChat Pay's, cannot be read or
 * decrypted, or is for another merchant. Respond with {@link refuse}.
 */
export class NotificationError extends WechatpayError<
  SignatureCode | NotificationCode | MalformedCode | DecryptionCode
> {
  override readonly name: string = 'NotificationError'
  declare readonly headers: Headers
  /** The text as received. */
  declare readonly body: string
  /** The likely causes, the most likely first, each with its cure, as the message lists them. Empty if the code has one cause. */
  declare readonly causes: readonly string[]

  constructor(
    code: NotificationError['code'],
    why: string,
    { headers, body }: { headers: Headers; body: string },
    cause?: unknown,
  ) {
    const causes = headers.has('webhook-id') ? GATEWAY_DELIVERY : (CAUSES[code] ?? [])
    const listed = causes.map((each, at) => `${at + 1}. ${each}.`).join(' ')
    super(code, `The notification ${why}.${listed && ` Likely causes, in this order: ${listed}`}`, cause)
    // Not enumerable, so that logs do not show openids and order numbers, nor the causes twice.
    Object.defineProperties(this, { headers: { value: headers }, body: { value: body }, causes: { value: causes } })
  }
}
