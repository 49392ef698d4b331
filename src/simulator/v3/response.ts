import { stringifyJson } from '../../core/codec/json.ts'
import type { World } from '../context.ts'
import type { Answer } from '../http/response.ts'
import type { Refusal } from './refusal.ts'
import type { Reply } from './route.ts'
import { signatureHeaders } from './signature.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Signs a reply: timestamp, nonce and body, a line each. 204 is signed over the empty body. */
export async function answer(
  reply: Reply,
  asked: string | null,
  { platform, wall, crypto }: Pick<World, 'platform' | 'wall' | 'crypto'>,
): Promise<Answer> {
  const { status, body, unsigned } = reply
  if (body instanceof Uint8Array) return { status, headers: { 'Content-Type': reply.type! }, body }
  const text = body && stringifyJson(body)
  // A 204 has it too: clients read it before they look at the body.
  const headers: Record<string, string> = { 'Content-Type': JSON_TYPE }
  if (!unsigned) Object.assign(headers, await signatureHeaders(text ?? '', platform.signer(asked), wall(), crypto))
  return { status, headers, body: text }
}

/** @param signed false before the request proved to be the merchant's: such errors bear no signature */
export async function refuse(
  refusal: Refusal,
  signed: boolean,
  asked: string | null,
  world: Pick<World, 'platform' | 'wall' | 'crypto'>,
): Promise<Answer> {
  const { status, code, message, detail } = refusal
  const reply: Reply = {
    status,
    body: { code, message, ...(detail && { detail }) },
    ...(!signed && { unsigned: true }),
  }
  return { ...(await answer(reply, asked, world)), code }
}
