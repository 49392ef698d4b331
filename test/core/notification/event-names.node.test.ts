import { createCipheriv, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { brandEventNames, eventNames, v2EventNames } from '../../../src/definitions/generated/event-names.ts'

const APIV2_KEY = '192006250b4c09247ec02edce69f6a2d'
const APIV3_KEY = '0123456789abcdef0123456789abcdef'
const wxpay = new Wechatpay({ mchid: '1900000109', apiv2Key: APIV2_KEY, apiv3Key: APIV3_KEY })

/** Receives a notification of APIv2 in JSON, signed and encrypted by node:crypto. */
function receiveJson(eventType: string) {
  const nonce = '0123456789ab'
  const cipher = createCipheriv('aes-256-gcm', APIV3_KEY, nonce)
  const ciphertext = Buffer.concat([cipher.update('{"order_id":"1"}'), cipher.final(), cipher.getAuthTag()])
  const fields: Record<string, string> = {
    mch_id: '1900000109',
    appid: 'wx0000000000000001',
    algorithm: 'HMAC-SHA256',
    nonce_str: 'n',
    event_id: 'E1',
    event_create_time: '20260101100000',
    event_type: eventType,
    event_algorithm: 'AEAD_AES_256_GCM',
    event_nonce: nonce,
    event_ciphertext: ciphertext.toString('base64'),
  }
  const text = Object.keys(fields)
    .sort()
    .map(name => `${name}=${fields[name]}&`)
  const sign = createHmac('sha256', APIV2_KEY)
    .update(`${text.join('')}key=${APIV2_KEY}`)
    .digest('hex')
    .toUpperCase()
  const body = JSON.stringify({ ...fields, sign })
  return receiveNotification(wxpay, new Request('https://merchant.example/notify', { method: 'POST', body }))
}

describe('the name of an APIv2 notification in JSON', () => {
  const others = eventNames.filter(name => !name.startsWith('v2/') && !v2EventNames.includes(name))

  test('is never that of an event of APIv3 or of the brand API', async () => {
    expect(others).toEqual(expect.arrayContaining(['REFUND.SUCCESS', ...brandEventNames]))
    for (const eventType of others)
      expect(await receiveJson(eventType)).toMatchObject({
        api: 'v2',
        event: `v2/${eventType}`,
        resource: { order_id: '1' },
      })
  })

  test.each([
    ['CHECK.SUCCESS', 'CHECK.SUCCESS'],
    ['TRANSACTION.SUCCESS', 'v2/TRANSACTION.SUCCESS'],
    ['PROFITSHARING.CHANGE', 'v2/PROFITSHARING.CHANGE'],
    ['NEW.EVENT', 'v2/NEW.EVENT'],
  ])('of type %s is %s', async (eventType, name) => {
    expect((await receiveJson(eventType)).event).toBe(name)
  })
})
