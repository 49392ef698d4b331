import { type NodeEnvironment, wechatpay } from '../../adapters/node.ts'
import {
  AnswerError,
  ConfigurationError,
  DecryptionError,
  ServiceError,
  SignatureError,
  TransportError,
  type Wechatpay,
} from '../../core/index.ts'
import { NO_SUCH_ORDER } from '../../gateway/operations/signed-call.ts'
import { bad, type Check, good, skipped } from '../checks.ts'
import { messageOf } from '../failure.ts'

const CALL = 'signed call'
const ANSWER = 'answer'
const OPENS = 'APIv3 key opens'

/** What a call has to have: whatever of these is bad would but be said twice. */
const NEEDED: readonly string[] = ['merchant id', 'private key', 'key pair', 'serial', 'public key']

/**
 * Makes a call that changes nothing: WeChat Pay takes the signature, its answer is proven, and the APIv3 key opens what is
 * sealed in it, where a call tells that.
 */
export async function checkCalls(
  environment: NodeEnvironment,
  before: readonly Check[],
  stopped: AbortSignal,
): Promise<Check[]> {
  const missing = before.filter(({ name, ok }) => ok === false && (NEEDED.includes(name) || name.startsWith('host')))
  if (missing.length) return [skipped(CALL, `not made: ${missing.map(({ name }) => name).join(', ')}`)]
  try {
    const client = wechatpay(environment, { retry: false })
    return environment.WECHATPAY_PUBLIC_KEY_ID
      ? await withPublicKey(client, environment, stopped)
      : await withCertificates(client, stopped)
  } catch (error) {
    if (error instanceof ConfigurationError) return [bad(CALL, `not made: ${trimmed(error)}`)]
    throw error
  }
}

/** In public-key mode `/v3/certificates` is not to be called: an order that is not there is asked for. */
async function withPublicKey(
  client: Wechatpay,
  {
    WECHATPAY_MCHID: mchid,
    WECHATPAY_PUBLIC_KEY_ID: id,
    WECHATPAY_APIV3_KEY,
    WECHATPAY_APIV3_KEY_FILE,
  }: NodeEnvironment,
  signal: AbortSignal,
): Promise<Check[]> {
  const opens =
    WECHATPAY_APIV3_KEY || WECHATPAY_APIV3_KEY_FILE
      ? [skipped(OPENS, 'in public-key mode no call tells; the first notification does (wechatpay-edge decrypt)')]
      : []
  try {
    const { verifiedBy } = await client.request('GET', `v3/pay/transactions/out-trade-no/${NO_ORDER}`, {
      params: { mchid },
      signal,
    })
    return [good(CALL, 'WeChat Pay takes the signature'), good(ANSWER, `proven by ${verifiedBy}`), ...opens]
  } catch (error) {
    if (error instanceof ServiceError && NO_SUCH_ORDER.has(error.serviceCode)) {
      const { verifiedBy, serviceCode } = error
      const answer = verifiedBy
        ? good(ANSWER, `proven by ${verifiedBy}`)
        : skipped(ANSWER, 'came unsigned, as errors may')
      return [good(CALL, `WeChat Pay takes the signature (${serviceCode}, as is due)`), answer, ...opens]
    }
    if (error instanceof SignatureError)
      return [
        good(CALL, 'answered'),
        bad(
          ANSWER,
          trimmed(error),
          `${id} and WECHATPAY_PUBLIC_KEY are to be the two of one line in 商户平台 → API 安全 → 微信支付公钥`,
        ),
        ...opens,
      ]
    return [refused(error), ...opens]
  }
}

const NO_ORDER = 'wechatpay-edge-doctor'
async function withCertificates(client: Wechatpay, signal: AbortSignal): Promise<Check[]> {
  try {
    const { verifiedBy } = await client.request('GET', 'v3/certificates', { signal })
    return [
      good(CALL, 'WeChat Pay takes the signature'),
      good(OPENS, 'the platform certificates (平台证书)'),
      good(ANSWER, `proven by the certificate ${verifiedBy}`),
    ]
  } catch (error) {
    if (error instanceof DecryptionError)
      return [
        good(CALL, 'WeChat Pay takes the signature'),
        bad(
          OPENS,
          'it does not open the platform certificates',
          'WECHATPAY_APIV3_KEY is not the one that is set: 商户平台 → API 安全 → APIv3 密钥. If it is lost, set another',
        ),
      ]
    if (error instanceof ConfigurationError && error.cause instanceof ServiceError)
      return [
        good(CALL, 'WeChat Pay takes the signature'),
        bad(
          'mode',
          'WeChat Pay signs for this merchant with its public key (public-key mode), and none is configured',
          'Set WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID: 商户平台 → API 安全 → 微信支付公钥',
        ),
      ]
    if (error instanceof SignatureError)
      return [
        good(CALL, 'answered'),
        bad(ANSWER, trimmed(error), 'A proxy changes it, or WECHATPAY_BASE_URL is not WeChat Pay'),
      ]
    return [refused(error)]
  }
}

function refused(error: unknown): Check {
  if (error instanceof ServiceError && error.status === 401)
    return bad(
      CALL,
      `refused, ${trimmed(error)}`,
      'The private key is not that of the serial, the certificate was revoked, or the merchant id is another: take all from one download (商户平台 → API 安全)',
    )
  if (error instanceof AnswerError)
    return bad(CALL, `HTTP ${error.status}, ${trimmed(error)}`, "WeChat Pay's words say what it lacks")
  if (error instanceof TransportError)
    return bad(CALL, trimmed(error), 'Try again; then look at the proxy and the firewall')
  throw error
}

const trimmed = (error: Error): string => messageOf(error).replace(/\.$/, '')
