import { utf8 } from '../../../core/base/bytes.ts'
import { replaceFields } from '../../../core/codec/fields.ts'
import { encrypt } from '../../../core/crypto/rsa.ts'
import { gzip } from '../../bill/downloads.ts'
import { encryptedPaths } from '../../catalogue/encrypted-paths.ts'
import type { SimulatorContext } from '../../context.ts'
import { sampleReply } from '../../sample/sample-reply.ts'
import type { ResponseFields } from '../message.ts'
import type { Requirements } from '../request/requirements.ts'
import type { RouteResult } from '../route.ts'
import type { MessageParams } from '../signature.ts'

/** Creates the reply of an endpoint without a route from its definition. */
export async function sampleReplyV2(
  { endpoint }: Requirements,
  params: MessageParams,
  context: SimulatorContext,
): Promise<RouteResult> {
  // These fields belong to the envelope, not to the request.
  const { nonce_str: _nonce, sign: _sign, sign_type: _type, ...request } = params
  if (endpoint.kind === 'redirect') return sampleRedirect(request, context)
  if (endpoint.kind === 'file') return sampleFile(endpoint.title, request)
  const { sign: _, nonce_str: __, ...values } = sampleReply(endpoint, request, context)
  const paths = encryptedPaths(endpoint.response?.fields ?? [])
  return (await replaceFields(values, paths, text =>
    encrypt(String(text), context.encryptionKey, context.crypto),
  )) as ResponseFields
}

/** Returns the merchant's `redirect_uri` with a code; without one, the URL of a WeChat Pay page. */
function sampleRedirect({ redirect_uri = '', state }: MessageParams, { random }: SimulatorContext): URL {
  const code = random.fork(`${redirect_uri} ${state}`).hex(32)
  const target = URL.canParse(redirect_uri)
    ? new URL(redirect_uri)
    : new URL('https://payapp.weixin.qq.com/simulated/redirect')
  target.searchParams.set('code', code)
  if (state !== undefined) target.searchParams.set('state', state)
  return target
}

async function sampleFile(title: string, { tar_type }: MessageParams): Promise<RouteResult> {
  const text = `\ufeff${title}\r\n`
  return tar_type === 'GZIP' ? gzip(utf8(text)) : text
}
