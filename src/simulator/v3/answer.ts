import { utf8 } from '../../core/bytes.ts'
import { stringifyJson } from '../../core/codec/json.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { sign } from '../../core/crypto/rsa.ts'
import type { Answer } from '../answer.ts'
import type { World } from '../world.ts'
import { SCHEME } from './authorization.ts'
import type { Refusal } from './refusal.ts'
import type { Reply } from './route.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Signs a reply: timestamp, nonce and body, a line each. 204 is signed over the empty body. */
export async function answer(reply: Reply, asked: string | null, world: World): Promise<Answer> {
  const { status, body, unsigned } = reply
  if (body instanceof Uint8Array) return { status, headers: { 'Content-Type': reply.type! }, body }
  const text = body && stringifyJson(body)
  const headers: Record<string, string> = text === undefined ? {} : { 'Content-Type': JSON_TYPE }
  if (!unsigned) Object.assign(headers, await signature(text ?? '', asked, world))
  return { status, headers, body: text }
}

/** @param signed false before the request proved to be the merchant's: such errors bear no signature */
export async function refuse(refusal: Refusal, signed: boolean, asked: string | null, world: World): Promise<Answer> {
  const { status, code, message, detail } = refusal
  const reply: Reply = {
    status,
    body: { code, message, ...(detail && { detail }) },
    ...(!signed && { unsigned: true }),
  }
  return { ...(await answer(reply, asked, world)), code }
}

async function signature(
  body: string,
  asked: string | null,
  { platform, now, crypto }: World,
): Promise<Record<string, string>> {
  const { id, private: key } = platform.signer(asked)
  const timestamp = String(Math.floor(now() / 1000))
  const nonceStr = nonce(crypto)
  return {
    'Wechatpay-Nonce': nonceStr,
    'Wechatpay-Serial': id,
    'Wechatpay-Signature': await sign(utf8(`${timestamp}\n${nonceStr}\n${body}\n`), key.sign, crypto),
    'Wechatpay-Signature-Type': SCHEME,
    'Wechatpay-Timestamp': timestamp,
  }
}
