import { parseJson } from '../../core/codec/json.ts'
import { parseXml, type XmlFields } from '../../core/codec/xml.ts'
import { decryptEcb, importEcbKey } from '../../core/crypto/aes.ts'
import { md5 } from '../../core/crypto/digest.ts'
import { WechatpayError } from '../../core/index.ts'
import type { Credentials } from '../../core/protocol/call.ts'
import { signFields, verifySigned } from '../../core/protocol/v2.ts'
import { type Check, failed, passed } from '../checks.ts'
import { messageOf } from '../failure.ts'
import type { SavedMessage } from '../saved-message.ts'

const FIX = 'Compare WECHATPAY_APIV2_KEY with 商户平台 → API 安全; otherwise a field was lost or changed in transit'

/**
 * Checks whether an APIv2 message can be read and its `sign` is valid; for a refund notification, whether `req_info`
 * decrypts, which proves nothing.
 */
export async function verifyV2({ body }: SavedMessage, { account }: Credentials): Promise<Check[]> {
  let fields: XmlFields
  try {
    fields = body.trimStart().startsWith('{') ? (Object(parseJson(body)) as XmlFields) : parseXml(body)
  } catch (error) {
    return [failed('message', withoutFullStop(error), 'Save it completely, as received')]
  }
  const checks = [passed('message', `${Object.keys(fields).length} fields`)]
  if (fields.req_info) return [...checks, await checkRefund(String(fields.req_info), account)]
  if (!fields.sign) {
    const isFailure = fields.return_code === 'FAIL'
    const detail = isFailure
      ? `none, as in every failed response: ${String(fields.return_msg ?? '')}`
      : 'there is no "sign"'
    return [
      ...checks,
      failed(
        'sign',
        detail,
        isFailure ? 'Do not trust it; correct the call' : "It is not WeChat Pay's, or a field was lost",
      ),
    ]
  }
  try {
    const type = await verifySigned(fields, (_, why) => new SignatureMismatch(why), account)
    return [...checks, passed('sign', `valid, ${type}`)]
  } catch (error) {
    if (!(error instanceof SignatureMismatch)) return [...checks, failed('sign', withoutFullStop(error), FIX)]
    const text = String(fields.sign)
    // Some databases change the case of stored messages.
    const types = ['MD5', 'HMAC-SHA256'] as const
    const expected = await Promise.all(types.map(type => signFields(fields, type, account)))
    if (expected.includes(text.toUpperCase()))
      return [
        ...checks,
        failed('sign', 'valid except for its case: it was changed to lower case', 'Store messages as received'),
      ]
    return [...checks, failed('sign', 'not valid with WECHATPAY_APIV2_KEY', FIX)]
  }
}

class SignatureMismatch extends Error {}

async function checkRefund(encrypted: string, { apiv2Key, crypto }: Credentials['account']): Promise<Check> {
  try {
    await decryptEcb(encrypted, await importEcbKey(md5(apiv2Key()), crypto), crypto)
    return passed('req_info', 'decrypts with WECHATPAY_APIV2_KEY. It has no sign: query the refund before you trust it')
  } catch (error) {
    return failed('req_info', withoutFullStop(error), FIX)
  }
}

const withoutFullStop = (error: unknown): string => {
  if (!(error instanceof WechatpayError)) throw error
  return messageOf(error).replace(/\.$/, '')
}
