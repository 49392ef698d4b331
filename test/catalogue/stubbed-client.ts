import { createVerify } from 'node:crypto'
import { ServiceError, Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import type { Credentials } from './credentials.ts'

/** A request as the client passed it to `fetch`. */
export interface SentRequest {
  url: URL
  method: string
  headers: Headers
  body: Uint8Array<ArrayBuffer>
  /** Whether it went through `mtlsFetch`. */
  certified: boolean
}

/** A merchant's client with a stub in WeChat Pay's place, which keeps what it is sent. */
export function createStubbedClient(
  { merchant }: Credentials,
  answer: (sent: SentRequest) => Response | Promise<Response> = refusedResponse,
  options: Partial<WechatpayOptions> = {},
): { wxpay: Wechatpay; sent: SentRequest[] } {
  const sent: SentRequest[] = []
  const serve =
    (certified: boolean): typeof fetch =>
    async (input, init) => {
      const request = new Request(input, init)
      const { url, method, headers } = request
      const one = { url: new URL(url), method, headers, body: new Uint8Array(await request.arrayBuffer()), certified }
      sent.push(one)
      return answer(one)
    }
  const wxpay = new Wechatpay({ ...merchant, fetch: serve(false), mtlsFetch: serve(true), retry: false, ...options })
  return { wxpay, sent }
}

/** An error needs no signature. */
export const refusedResponse = (): Response => new Response('{"code":"PARAM_ERROR","message":"stub"}', { status: 400 })

/** Waits for a call that the stub refuses. What the client itself refuses is thrown. */
export async function expectRefusal(call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => new Error('not refused'),
    (error: unknown) => error,
  )
  if (!(error instanceof ServiceError)) throw error
}

/**
 * Whether the `Authorization` of an APIv3 request fits what was sent, path prefix and query included.
 *
 * @param signed what of the body the signature covers
 */
export function isSigned(
  { url, method, headers }: SentRequest,
  signed: string,
  { merchantPublicKey }: Pick<Credentials, 'merchantPublicKey'>,
): boolean {
  const header = headers.get('authorization') ?? ''
  const part = (name: string) => new RegExp(`[ ,]${name}="([^"]*)"`).exec(header)?.[1] ?? ''
  const lines = [method, url.pathname + url.search, part('timestamp'), part('nonce_str'), signed]
  return createVerify('RSA-SHA256')
    .update(lines.map(line => `${line}\n`).join(''))
    .verify(merchantPublicKey, part('signature'), 'base64')
}
