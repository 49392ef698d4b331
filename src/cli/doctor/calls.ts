import { type NodeEnvironment, wechatpay } from '../../adapters/node.ts'
import {
  ConfigurationError,
  DecryptionError,
  ResponseError,
  ServiceError,
  SignatureError,
  TransportError,
  type Wechatpay,
} from '../../core/index.ts'
import { isPublicKeyId } from '../../core/protocol/platform-keys.ts'
import { isNoSuchOrder } from '../../gateway/health/signed-call.ts'
import { bad, type Check, good, skipped } from '../checks.ts'
import { messageOf } from '../failure.ts'
import { isClockWrong, skewOf } from './network.ts'
import { badFor, problemOf } from './problem.ts'

const CALL = 'signed call'
const ANSWER = 'answer'
const OPENS = 'APIv3 key opens'

/** The checks that a call depends on: if one has failed, the call would only repeat it. */
const NEEDED: readonly string[] = ['merchant id', 'private key', 'key pair', 'serial', 'public key']

interface Circumstances {
  /** The checks that were made before. */
  readonly before: readonly Check[]
  /** Seconds that this machine's clock is ahead. */
  readonly skew: number
  readonly stopped: AbortSignal
}

/**
 * Makes a call that changes nothing: WeChat Pay takes the signature, its answer is proven, and the APIv3 key opens what is
 * sealed in it, where a call tells that.
 */
export async function checkCalls(environment: NodeEnvironment, circumstances: Circumstances): Promise<Check[]> {
  const { before, skew, stopped } = circumstances
  const missing = before.filter(({ name, ok }) => ok === false && (NEEDED.includes(name) || name.startsWith('host')))
  if (missing.length) return [skipped(CALL, `not made: ${missing.map(({ name }) => name).join(', ')}`)]
  try {
    const client = wechatpay(environment, { retry: false })
    const checks = environment.WECHATPAY_PUBLIC_KEY_ID
      ? await withPublicKey(client, environment, stopped)
      : await withCertificates(client, stopped)
    return isClockWrong(skew) ? checks.map(byClock) : checks
  } catch (error) {
    const { says, cure } = problemOf(error, 'Set the variable that it names as wechatpay-edge doctor --help has it')
    return [bad(CALL, error instanceof ConfigurationError ? `not made: ${says}` : says, cure)]
  }
}

const SET_CLOCK = 'Set the clock right first, by the network (NTP): a signature is good for five minutes'

/** Beside a wrong clock any other cure would be a guess. */
const byClock = (check: Check): Check => (check.ok === false ? { ...check, cure: SET_CLOCK } : check)

/** In public-key mode `/v3/certificates` is not to be called: an order that is not there is asked for. */
async function withPublicKey(
  client: Wechatpay,
  {
    WECHATPAY_MCHID: mchid,
    WECHATPAY_PUBLIC_KEY_ID: publicKeyId,
    WECHATPAY_APIV3_KEY,
    WECHATPAY_APIV3_KEY_FILE,
  }: NodeEnvironment,
  signal: AbortSignal,
): Promise<Check[]> {
  const hasApiv3Key = Boolean(WECHATPAY_APIV3_KEY || WECHATPAY_APIV3_KEY_FILE)
  const untold = hasApiv3Key
    ? [skipped(OPENS, 'in public-key mode no call tells; the first notification does (wechatpay-edge decrypt)')]
    : []
  try {
    const { verifiedBy } = await client.request('GET', `v3/pay/transactions/out-trade-no/${NO_ORDER}`, {
      params: { mchid },
      signal,
    })
    return [good(CALL, 'WeChat Pay takes the signature'), ...provenBy(verifiedBy, untold)]
  } catch (error) {
    if (error instanceof ServiceError && isNoSuchOrder(error)) {
      if (error.verifiedBy === undefined)
        return [skipped(CALL, `answered ${error.serviceCode}, unsigned: ${MAYBE_A_PROXY}`), ...untold]
      return [
        good(CALL, `WeChat Pay takes the signature (${error.serviceCode}, as expected)`),
        ...provenBy(error.verifiedBy, untold),
      ]
    }
    if (error instanceof SignatureError)
      return [good(CALL, 'answered'), otherPublicKey(error, publicKeyId) ?? unproven(error, KEY_AND_ID), ...untold]
    return [refused(error), ...untold]
  }
}

const NO_ORDER = 'wechatpay-edge-doctor'
const KEY_AND_ID =
  'WECHATPAY_PUBLIC_KEY_ID and WECHATPAY_PUBLIC_KEY must be the two of one line in 商户平台 → API 安全 → 微信支付公钥'
const MAYBE_A_PROXY =
  'a proxy may have written it, so it does not prove that WeChat Pay takes the signature. Make sure that WECHATPAY_BASE_URL is WeChat Pay, and that a proxy passes the headers Wechatpay-… on'
const NOT_WECHAT_PAY = 'A proxy changes it, or WECHATPAY_BASE_URL is not WeChat Pay'

/** @param untold what is said of the APIv3 key where no certificate was opened with it */
function provenBy(verifiedBy: string | undefined, untold: readonly Check[]): Check[] {
  if (verifiedBy === undefined) return [skipped(ANSWER, 'came unsigned, as errors may'), ...untold]
  if (isPublicKeyId(verifiedBy)) return [good(ANSWER, `proven by ${verifiedBy}`), ...untold]
  return [
    good(
      ANSWER,
      `proven by the certificate ${verifiedBy}, although the request named the public key`,
      'The switch to the public key (商户平台 → API 安全 → 微信支付公钥) is not opened yet, or was stopped: until it is done keep WECHATPAY_APIV3_KEY set',
    ),
    good(OPENS, 'the platform certificates (平台证书)'),
  ]
}

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
    if (error instanceof SignatureError) return [good(CALL, 'answered'), unproven(error, NOT_WECHAT_PAY)]
    return [refused(error)]
  }
}

/** WeChat Pay names the public key that it signs with: with another one configured the id is wrong, and perhaps the key. */
function otherPublicKey({ code, headers }: SignatureError, configured: string | undefined): Check | undefined {
  const named = headers.get('wechatpay-serial') ?? ''
  if (code !== 'SIGNATURE_UNKNOWN_SERIAL' || !isPublicKeyId(named)) return undefined
  return bad(
    ANSWER,
    `WeChat Pay signs with ${named}, and WECHATPAY_PUBLIC_KEY_ID is ${configured}`,
    `Set WECHATPAY_PUBLIC_KEY_ID to ${named}, and WECHATPAY_PUBLIC_KEY to the key beside it: 商户平台 → API 安全 → 微信支付公钥`,
  )
}

/** The cures that do not depend on which key was expected. */
const CURES: Readonly<Partial<Record<SignatureError['code'], string>>> = {
  SIGNATURE_STALE: SET_CLOCK,
  SIGNATURE_UNKNOWN_SERIAL:
    'Set the public key that it names (商户平台 → API 安全 → 微信支付公钥); for a certificate set WECHATPAY_APIV3_KEY',
  SIGNATURE_MISSING: 'A proxy drops the headers Wechatpay-…, or WECHATPAY_BASE_URL is not WeChat Pay',
}

const unproven = (error: SignatureError, cure: string): Check => bad(ANSWER, trimmed(error), CURES[error.code] ?? cure)

function refused(error: unknown): Check {
  if (error instanceof ResponseError && isClockWrong(skewOf(error.headers, Date.now())))
    return bad(CALL, `refused, ${trimmed(error)}`, SET_CLOCK)
  if (error instanceof ServiceError && error.status === 401)
    return bad(
      CALL,
      `refused, ${trimmed(error)}`,
      'The private key is not that of the serial, the certificate was revoked, or the merchant id is another: take all from one download (商户平台 → API 安全)',
    )
  if (error instanceof ResponseError)
    return bad(CALL, `HTTP ${error.status}, ${trimmed(error)}`, "WeChat Pay's words say what it lacks")
  if (error instanceof TransportError)
    return bad(CALL, trimmed(error), 'Try again; then look at the proxy and the firewall')
  return badFor(CALL, problemOf(error, 'Set the variable that it names as wechatpay-edge doctor --help has it'))
}

const trimmed = (error: Error): string => messageOf(error).replace(/\.$/, '')
