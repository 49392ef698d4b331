import { stringifyJson } from '../../core/codec/json.ts'
import type { SimulatorContext } from '../context.ts'
import type { SimulatedResponse } from '../http/response.ts'
import type { Refusal } from './refusal.ts'
import type { Reply } from './route.ts'
import { signatureHeaders } from './signature.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Signs a reply: timestamp, nonce and body, a line each. 204 is signed over the empty body. */
export async function createResponse(
  reply: Reply,
  asked: string | null,
  { platform, signatureNow, crypto }: Pick<SimulatorContext, 'platform' | 'signatureNow' | 'crypto'>,
): Promise<SimulatedResponse> {
  const { status, body, unsigned } = reply
  if (body instanceof Uint8Array) return { status, headers: { 'Content-Type': reply.type! }, body }
  const text = body && stringifyJson(body)
  // A 204 has it too: clients read it before they look at the body.
  const headers: Record<string, string> = { 'Content-Type': JSON_TYPE }
  if (!unsigned)
    Object.assign(headers, await signatureHeaders(text ?? '', platform.responseKey(asked), signatureNow(), crypto))
  return { status, headers, body: text }
}

/** @param signed false before the request proved to be the merchant's: such errors bear no signature */
export async function createRefusalResponse(
  refusal: Refusal,
  signed: boolean,
  asked: string | null,
  context: Pick<SimulatorContext, 'platform' | 'signatureNow' | 'crypto'>,
): Promise<SimulatedResponse> {
  const { status, code, message, detail } = refusal
  const reply: Reply = {
    status,
    body: { code, message, ...(detail && { detail }) },
    ...(!signed && { unsigned: true }),
  }
  return { ...(await createResponse(reply, asked, context)), code }
}
