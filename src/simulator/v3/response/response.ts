import { stringifyJson } from '../../../core/codec/json.ts'
import type { SimulatorContext } from '../../context.ts'
import type { SimulatedResponse } from '../../http/response.ts'
import type { Refusal } from '../refusal.ts'
import type { Reply } from '../route.ts'
import { signatureHeaders } from './signature.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * Creates a signed response. A 204 is signed over the empty body.
 *
 * @param serial `Wechatpay-Serial` of the request
 */
export async function createResponse(
  reply: Reply,
  serial: string | null,
  { platform, signatureNow, crypto }: Pick<SimulatorContext, 'platform' | 'signatureNow' | 'crypto'>,
): Promise<SimulatedResponse> {
  const { status, body, unsigned } = reply
  if (body instanceof Uint8Array) return { status, headers: { 'Content-Type': reply.type! }, body }
  const text = body && stringifyJson(body)
  // A 204 has a content type too, because clients read it before the body.
  const headers: Record<string, string> = { 'Content-Type': JSON_TYPE }
  if (!unsigned)
    Object.assign(headers, await signatureHeaders(text ?? '', platform.responseKey(serial), signatureNow(), crypto))
  return { status, headers, body: text }
}

/**
 * Creates an error response.
 *
 * @param signed false if the request was not authenticated: such an error has no signature
 * @param serial `Wechatpay-Serial` of the request
 */
export async function createRefusalResponse(
  refusal: Refusal,
  signed: boolean,
  serial: string | null,
  context: Pick<SimulatorContext, 'platform' | 'signatureNow' | 'crypto'>,
): Promise<SimulatedResponse> {
  const { status, code, message, detail } = refusal
  const reply: Reply = {
    status,
    body: { code, message, ...(detail && { detail }) },
    ...(!signed && { unsigned: true }),
  }
  return { ...(await createResponse(reply, serial, context)), code }
}
