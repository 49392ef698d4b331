import { assert } from 'chai'
import { parseXml, stringifyXml } from '../../src/core/codec/xml.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'
import * as vectors from './vectors.ts'

/** Sends the official message and answers with it: its signatures serve both ways. */
function exchange(sign: string, sent: Record<string, unknown>[] = []) {
  const wxpay = new Wechatpay({
    mchid: '10000100',
    apiv2Key: vectors.APIV2_KEY,
    crypto,
    fetch: async (input, init) => {
      sent.push(parseXml(await new Request(input, init).text()))
      return new Response(stringifyXml({ ...vectors.V2_FIELDS, sign }))
    },
  })
  // A path that no definition has: nothing is added to the message.
  return wxpay.request('POST', 'v2/known/answer', { body: vectors.V2_FIELDS })
}

export const cases: readonly Case[] = [
  {
    name: 'an APIv2 request has the official MD5 signature',
    async run() {
      const sent: Record<string, unknown>[] = []
      await exchange(vectors.V2_MD5, sent)
      assert.deepEqual(sent, [{ ...vectors.V2_FIELDS, sign: vectors.V2_MD5 }])
    },
  },
  ...(
    [
      ['MD5', vectors.V2_MD5],
      ['HMAC-SHA256', vectors.V2_HMAC],
    ] as const
  ).map(([type, sign]) => ({
    name: `an APIv2 answer with the official ${type} signature is proven, one with another is refused`,
    async run() {
      includes(await exchange(sign), { verifiedBy: type, data: { ...vectors.V2_FIELDS, sign } })
      const other = sign.replace('A', 'B')
      includes(await rejection(exchange(other)), { code: 'SIGNATURE_INVALID', mayHaveTakenEffect: true })
    },
  })),
]
