import { equal } from '../../../core/crypto/digest.ts'
import type { SignType } from '../../../definitions/trait.ts'
import type { Endpoint } from '../../catalogue/catalogue.ts'
import type { SimulatorContext } from '../../context.ts'
import type { RequestTrace } from '../../http/journal.ts'
import { explainV2 } from '../../timeline/signature-explanation.ts'
import { ReturnRefusal } from '../refusal.ts'
import { isSignType, type MessageParams, sign, signString } from '../signature.ts'
import type { ReceivedMessage } from './received-message.ts'
import type { Requirements } from './requirements.ts'

/**
 * Verifies a message's signature with the merchant's key.
 *
 * @returns the sign type, with which the response is signed, too
 * @throws {ReturnRefusal}
 */
export async function authenticate(
  { params }: ReceivedMessage,
  { endpoint, merchant }: Requirements,
  context: SimulatorContext,
  trace: RequestTrace,
): Promise<SignType> {
  const { sign_type, sign: signature } = params
  const { name, required } = merchant
  const type = sign_type || 'MD5'
  if (signature) trace.signature = 'invalid'
  trace.signedText = maskedText(params)
  if (params[name] !== context.merchant.mchid && (required || params[name]))
    throw new ReturnRefusal(`${name}参数格式错误`)
  if (!isSignType(type)) throw new ReturnRefusal('sign_type参数格式错误')
  if (!signature) throw new ReturnRefusal('缺少参数sign')
  trace.signedBy = type
  for (const [signed, digest] of signatureCandidates(endpoint, params, type)) {
    if (!equal(await sign(signed, digest, context), signature)) continue
    trace.signedText = maskedText(signed)
    trace.signature = 'valid'
    return type
  }
  const { merchant: account, hmacKey, crypto } = context
  trace.explain = explainV2(params, type, { merchant: account, hmacKey, crypto })
  throw new ReturnRefusal('签名错误，请检查后再试')
}

const maskedText = (params: MessageParams): string => `${signString(params)}&key=***`

/**
 * The services of 现金红包 and 付款 ignore `sign_type`, and a service leaves unknown fields out of the signature: merchants
 * that signed it got 签名错误, and WxJava (`getIgnoredParamsForSign`) does not sign it. The simulator accepts both.
 */
const WITHOUT_SIGN_TYPE = /^\/mmpay(?:mkttransfers|sptrans)\//

/** Returns the parameters and digests that a valid signature may cover. */
function signatureCandidates(
  { path }: Endpoint,
  params: MessageParams,
  type: SignType,
): (readonly [MessageParams, SignType])[] {
  const { sign_type, ...withoutType } = params
  if (!sign_type || !WITHOUT_SIGN_TYPE.test(path)) return [[params, type]]
  return [
    [params, type],
    [withoutType, type],
    [withoutType, 'MD5'],
  ]
}
