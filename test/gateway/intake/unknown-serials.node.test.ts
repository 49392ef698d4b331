import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'

// Somebody floods a merchant's address with headers that name made-up certificates while a download of the list hangs.

const forged = () =>
  new Request('https://gateway.example.com/notify/1', {
    method: 'POST',
    body: '{}',
    headers: {
      'wechatpay-timestamp': String(Math.floor(Date.now() / 1000)),
      'wechatpay-nonce': randomBytes(16).toString('hex'),
      'wechatpay-serial': randomBytes(20).toString('hex'),
      'wechatpay-signature': randomBytes(256).toString('base64'),
    },
  })

test('250 notifications wait for the certificates at most, and genuine ones with a known serial pass meanwhile', async () => {
  const sent: Request[] = []
  const simulator = await createSimulator({
    seed: 'gateway',
    platform: 'certificate',
    deliver: async (input, init) => {
      sent.push(new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
  let isHanging = false
  let downloads = 0
  const fetch: typeof globalThis.fetch = (input, init) => {
    if (String(input).endsWith('/v3/certificates')) downloads++
    return isHanging ? new Promise(() => {}) : simulator.fetch(input, init)
  }
  const client = new Wechatpay({ ...simulator.merchant, fetch })
  const { appid, mchid } = simulator.merchant
  const notify_url = 'https://gateway.example.com/notify/1'
  await client.v3.pay.transactions.native.post({
    appid,
    mchid,
    description: '茶',
    out_trade_no: 'order-1',
    notify_url,
    amount: { total: 1 },
  })
  simulator.pay({ out_trade_no: 'order-1' })
  await simulator.settled()
  expect(await receiveNotification(client, sent[0]!.clone() as Request)).toMatchObject({ event: 'TRANSACTION.SUCCESS' })

  isHanging = true
  const refused: { code: string; message: string }[] = []
  for (let at = 0; at < 300; at++) receiveNotification(client, forged()).catch(error => refused.push(error))
  await expect.poll(() => [downloads, refused.length]).toEqual([2, 50])
  expect(refused[0]).toMatchObject({
    code: 'SIGNATURE_UNKNOWN_SERIAL',
    cause: { code: 'ABORTED', mayHaveTakenEffect: false },
  })
  expect(await receiveNotification(client, sent[0]!)).toMatchObject({ event: 'TRANSACTION.SUCCESS' })
})
