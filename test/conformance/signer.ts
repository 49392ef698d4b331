import { assert } from 'chai'
import { importPrivateKey } from '../../src/core/crypto/keys.ts'
import { type Signer, Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import { startJsapi } from '../../src/flows/payment/index.ts'
import * as keys from '../fixtures/keys.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'
import { JSAPI, ORDER } from './start-payment.ts'
import * as vectors from './vectors.ts'

/** A client whose key somebody else holds. */
function client(signer: Omit<Signer, 'serial'>, more: Partial<WechatpayOptions> = {}): Wechatpay {
  return new Wechatpay({
    mchid: '1900000109',
    signer: { serial: '4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223', ...signer },
    platformKeys: { PUB_KEY_ID_1: keys.OTHER_PUBLIC_KEY },
    now: () => vectors.TIMESTAMP * 1000 + 999,
    crypto: { subtle: crypto.subtle, randomUUID: () => vectors.ORDER_NONCE } as unknown as Crypto,
    fetch: async () => new Response('{"code":"X","message":"x"}', { status: 400 }),
    retry: false,
    ...more,
  })
}

const sign = async (message: Uint8Array<ArrayBuffer>) => {
  const key = await importPrivateKey(keys.PRIVATE_KEY, 'key', crypto)
  return crypto.subtle.sign('RSASSA-PKCS1-v1_5', key.sign, message)
}
const notSent: typeof fetch = () => Promise.reject(new Error('sent'))

export const cases: readonly Case[] = [
  {
    name: 'a signer makes the signature of a payment that openssl makes, and is checked by the certificate',
    async run() {
      includes(await startJsapi(client({ sign }), ORDER), { paySign: JSAPI })
      const checked = client({ sign }, { certificate: keys.CERTIFICATE })
      includes(await startJsapi(checked, ORDER), { paySign: JSAPI })
      const strange = client({ sign }, { certificate: keys.OTHER_CERTIFICATE })
      const call = startJsapi(strange, ORDER)
      includes(await rejection(call), { code: 'KEY_MISMATCH' })
    },
  },
  {
    name: 'a call that the signer does not sign, in time or at all, is not sent',
    async run() {
      const signers: [() => unknown, string][] = [
        [() => Promise.reject(new Error('no')), 'SIGNER_FAILED'],
        [() => new Promise(() => {}), 'TIMEOUT'],
        [() => 'A'.repeat(344), 'OPTION_INVALID'],
        [() => undefined, 'OPTION_INVALID'],
      ]
      for (const [sign, code] of signers) {
        const wxpay = client({ sign: sign as () => ArrayBuffer }, { fetch: notSent, timeout: 50 })
        const error = await rejection(wxpay.v3.pay.transactions.native.post(vectors.ORDER))
        includes(error, { code })
        assert.include(error.message, 'sign')
        assert.isNotTrue((error as { mayHaveTakenEffect?: boolean }).mayHaveTakenEffect)
      }
    },
  },
]
