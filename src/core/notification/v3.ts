import { replaceFields } from '../codec/fields.ts'
import { parseJson } from '../codec/json.ts'
import { parseJsonFields } from '../codec/json-fields.ts'
import { openGcm, type Sealed } from '../crypto/aes.ts'
import { open } from '../crypto/rsa.ts'
import { notificationTraits } from '../endpoints/generated/notification-traits.ts'
import type { Parties } from '../protocol/call.ts'
import { verifySigned } from '../protocol/v3.ts'
import { NotificationError } from './error.ts'
import type { Notification } from './notification.ts'
import { opening, parsed, type Received, refusalOf } from './received.ts'

interface Envelope extends Record<string, unknown> {
  id: string
  event_type: string
  resource: Sealed
}

/**
 * Reads an APIv3 notification (回调通知): verifies its signature (回调验签), opens its resource with the APIv3 key (回调报文解密),
 * and in it what is sealed for the merchant's certificate.
 *
 * @throws {NotificationError}
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 */
export async function readV3(received: Received, { account, platformKeys }: Parties): Promise<Notification> {
  const verifiedBy = await verifySigned(received, refusalOf(received), account, platformKeys.verifier)
  const message = parsed(parseJson, received) as Envelope
  const { id, event_type: event, resource } = Object(message) as Envelope
  if (typeof id !== 'string' || typeof event !== 'string' || typeof resource?.ciphertext !== 'string')
    throw new NotificationError('NOT_JSON', 'has no "id", "event_type" or "resource"', received)
  const { crypto } = account
  const text = await opening(received, async () => openGcm(resource, await account.apiv3Key(), crypto))
  const trait = notificationTraits[event]
  const plain = await parseJsonFields(parsed(parseJson, { ...received, body: text }), trait?.json)
  const opened = trait?.open
    ? await opening(received, async () => {
        const key = await account.privateKey()
        return replaceFields(plain, trait.open, value => (value ? open(String(value), key, crypto) : value))
      })
    : plain
  return { api: 'v3', id, event, resource: opened, message, verifiedBy }
}
