import { parseJson } from '../../core/codec/json.ts'
import { parseXml, type XmlFields } from '../../core/codec/xml.ts'
import { importEcbKey, openEcb } from '../../core/crypto/aes.ts'
import { md5 } from '../../core/crypto/digest.ts'
import { WechatpayError } from '../../core/index.ts'
import type { Credentials } from '../../core/protocol/call.ts'
import { signFields, verifySigned } from '../../core/protocol/v2.ts'
import { bad, type Check, good } from '../checks.ts'
import { messageOf } from '../failure.ts'
import type { SavedMessage } from '../saved-message.ts'

const CURE = 'Compare WECHATPAY_APIV2_KEY with 商户平台 → API 安全; or a field was lost or changed on the way'

/**
 * The steps for an APIv2 message: it can be read, and its `sign` fits; of a refund notification, that `req_info` opens,
 * which proves nothing.
 */
export async function verifyV2({ body }: SavedMessage, { account }: Credentials): Promise<Check[]> {
  let fields: XmlFields
  try {
    fields = body.trimStart().startsWith('{') ? (Object(parseJson(body)) as XmlFields) : parseXml(body)
  } catch (error) {
    return [bad('message', trimmed(error), 'Save it whole, as it came')]
  }
  const checks = [good('message', `${Object.keys(fields).length} fields`)]
  if (fields.req_info) return [...checks, await checkRefund(String(fields.req_info), account)]
  if (!fields.sign) {
    const failed = fields.return_code === 'FAIL'
    const says = failed
      ? `none, as in every answer that failed: ${String(fields.return_msg ?? '')}`
      : 'there is no "sign"'
    return [
      ...checks,
      bad(
        'sign',
        says,
        failed ? 'Trust nothing in it; correct the call' : "It is not WeChat Pay's, or a field was lost",
      ),
    ]
  }
  try {
    const type = await verifySigned(fields, (_, why) => new Unfit(why), account)
    return [...checks, good('sign', `fits, ${type}`)]
  } catch (error) {
    if (!(error instanceof Unfit)) return [...checks, bad('sign', trimmed(error), CURE)]
    const text = String(fields.sign)
    // Lower case happens to messages that were kept in a database.
    const types = ['MD5', 'HMAC-SHA256'] as const
    const made = await Promise.all(types.map(type => signFields(fields, type, account)))
    if (made.includes(text.toUpperCase()))
      return [
        ...checks,
        bad('sign', 'fits but for its case: it was changed to lower case', 'Keep messages as they came'),
      ]
    return [...checks, bad('sign', 'does not fit WECHATPAY_APIV2_KEY', CURE)]
  }
}

class Unfit extends Error {}

async function checkRefund(sealed: string, { apiv2Key, crypto }: Credentials['account']): Promise<Check> {
  try {
    await openEcb(sealed, await importEcbKey(md5(apiv2Key()), crypto), crypto)
    return good('req_info', 'opens with WECHATPAY_APIV2_KEY. It has no sign: query the refund before you believe it')
  } catch (error) {
    return bad('req_info', trimmed(error), CURE)
  }
}

const trimmed = (error: unknown): string => {
  if (!(error instanceof WechatpayError)) throw error
  return messageOf(error).replace(/\.$/, '')
}
