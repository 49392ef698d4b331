import { clientFrom } from '../../adapters/client.ts'
import { type NodeEnvironment, optionsFrom } from '../../adapters/node.ts'
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
import { type Check, failedCheck, passedCheck, skippedCheck } from '../checks.ts'
import { messageOf } from '../failure.ts'
import { isClockWrong, skewOf } from './network.ts'
import { failedFor, problemOf } from './problem.ts'

const CALL = 'signed call'
const RESPONSE = 'response'
const DECRYPTS = 'APIv3 key decrypts'

/** The checks that a call depends on. If one has failed, the call would fail for the same reason. */
const REQUIRED_CHECKS: readonly string[] = ['merchant id', 'private key', 'key pair', 'serial', 'public key']

interface CallCheckOptions {
  /** The checks that ran before. */
  readonly earlierChecks: readonly Check[]
  /** Seconds that this machine's clock is ahead. */
  readonly skew: number
  readonly stopped: AbortSignal
}

/**
 * Makes a call that changes nothing, to check that WeChat Pay accepts the signature, that the response is verified,
 * and, if the call can show it, that the APIv3 key decrypts.
 */
export async function checkCalls(environment: NodeEnvironment, options: CallCheckOptions): Promise<Check[]> {
  const { earlierChecks, skew, stopped } = options
  const missing = earlierChecks.filter(
    ({ name, ok }) => ok === false && (REQUIRED_CHECKS.includes(name) || name.startsWith('host')),
  )
  if (missing.length) return [skippedCheck(CALL, `not made: ${missing.map(({ name }) => name).join(', ')}`)]
  try {
    const client = clientFrom({ ...optionsFrom(environment), retry: false })
    const checks = environment.WECHATPAY_PUBLIC_KEY_ID
      ? await withPublicKey(client, environment, stopped)
      : await withCertificates(client, stopped)
    return isClockWrong(skew) ? checks.map(withClockFix) : checks
  } catch (error) {
    const { detail, fix } = problemOf(
      error,
      'Set the variable that it names as described in wechatpay-edge doctor --help',
    )
    return [failedCheck(CALL, error instanceof ConfigurationError ? `not made: ${detail}` : detail, fix)]
  }
}

const SET_CLOCK = 'Correct the clock first (NTP): a signature is valid for five minutes'

/** Replaces the advice of failed checks, which a wrong clock may have caused. */
const withClockFix = (check: Check): Check => (check.ok === false ? { ...check, fix: SET_CLOCK } : check)

/** Queries an order that does not exist, because `/v3/certificates` must not be called in public-key mode. */
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
  const apiv3KeyChecks = hasApiv3Key
    ? [
        skippedCheck(
          DECRYPTS,
          'no call checks it in public-key mode; the first notification does (wechatpay-edge decrypt)',
        ),
      ]
    : []
  try {
    const { verifiedBy } = await client.request('GET', `v3/pay/transactions/out-trade-no/${NO_ORDER}`, {
      params: { mchid },
      signal,
    })
    return [passedCheck(CALL, 'WeChat Pay accepts the signature'), ...verifiedChecks(verifiedBy, apiv3KeyChecks)]
  } catch (error) {
    if (error instanceof ServiceError && isNoSuchOrder(error)) {
      if (error.verifiedBy === undefined)
        return [
          skippedCheck(CALL, `responded with ${error.serviceCode}, unsigned: ${MAYBE_A_PROXY}`),
          ...apiv3KeyChecks,
        ]
      return [
        passedCheck(CALL, `WeChat Pay accepts the signature (${error.serviceCode}, as expected)`),
        ...verifiedChecks(error.verifiedBy, apiv3KeyChecks),
      ]
    }
    if (error instanceof SignatureError)
      return [
        passedCheck(CALL, 'responded'),
        otherPublicKeyCheck(error, publicKeyId) ?? unverifiedCheck(error, KEY_AND_ID),
        ...apiv3KeyChecks,
      ]
    return [refusedCheck(error), ...apiv3KeyChecks]
  }
}

const NO_ORDER = 'wechatpay-edge-doctor'
const KEY_AND_ID =
  'WECHATPAY_PUBLIC_KEY_ID and WECHATPAY_PUBLIC_KEY must belong together: take both from one line of 商户平台 → API 安全 → 微信支付公钥'
const MAYBE_A_PROXY =
  'a proxy may have sent it, so it does not prove that WeChat Pay accepts the signature. Make sure that WECHATPAY_BASE_URL is WeChat Pay, and that a proxy passes on the headers Wechatpay-…'
const NOT_WECHAT_PAY = 'A proxy changes it, or WECHATPAY_BASE_URL is not WeChat Pay'

/** @param apiv3KeyChecks the checks of the APIv3 key if it has not decrypted a certificate */
function verifiedChecks(verifiedBy: string | undefined, apiv3KeyChecks: readonly Check[]): Check[] {
  if (verifiedBy === undefined) return [skippedCheck(RESPONSE, 'unsigned, as errors may be'), ...apiv3KeyChecks]
  if (isPublicKeyId(verifiedBy)) return [passedCheck(RESPONSE, `verified by ${verifiedBy}`), ...apiv3KeyChecks]
  return [
    passedCheck(
      RESPONSE,
      `verified by the certificate ${verifiedBy}, although the request named the public key`,
      'The switch to the public key (商户平台 → API 安全 → 微信支付公钥) has not started yet, or was stopped: keep WECHATPAY_APIV3_KEY set until it is complete',
    ),
    passedCheck(DECRYPTS, 'the platform certificates (平台证书)'),
  ]
}

async function withCertificates(client: Wechatpay, signal: AbortSignal): Promise<Check[]> {
  try {
    const { verifiedBy } = await client.request('GET', 'v3/certificates', { signal })
    return [
      passedCheck(CALL, 'WeChat Pay accepts the signature'),
      passedCheck(DECRYPTS, 'the platform certificates (平台证书)'),
      passedCheck(RESPONSE, `verified by the certificate ${verifiedBy}`),
    ]
  } catch (error) {
    if (error instanceof DecryptionError)
      return [
        passedCheck(CALL, 'WeChat Pay accepts the signature'),
        failedCheck(
          DECRYPTS,
          'it does not decrypt the platform certificates',
          'WECHATPAY_APIV3_KEY is not the key of the merchant platform: 商户平台 → API 安全 → APIv3 密钥. If you lost it, set a new one',
        ),
      ]
    if (error instanceof ConfigurationError && error.cause instanceof ServiceError)
      return [
        passedCheck(CALL, 'WeChat Pay accepts the signature'),
        failedCheck(
          'mode',
          'WeChat Pay signs for this merchant with its public key (public-key mode), and none is configured',
          'Set WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID: 商户平台 → API 安全 → 微信支付公钥',
        ),
      ]
    if (error instanceof SignatureError) return [passedCheck(CALL, 'responded'), unverifiedCheck(error, NOT_WECHAT_PAY)]
    return [refusedCheck(error)]
  }
}

/** Returns the check for a response that is signed with another public key than the configured one. */
function otherPublicKeyCheck({ code, headers }: SignatureError, configured: string | undefined): Check | undefined {
  const named = headers.get('wechatpay-serial') ?? ''
  if (code !== 'SIGNATURE_UNKNOWN_SERIAL' || !isPublicKeyId(named)) return undefined
  return failedCheck(
    RESPONSE,
    `WeChat Pay signs with ${named}, and WECHATPAY_PUBLIC_KEY_ID is ${configured}`,
    `Set WECHATPAY_PUBLIC_KEY_ID to ${named}, and WECHATPAY_PUBLIC_KEY to its key: 商户平台 → API 安全 → 微信支付公钥`,
  )
}

/** Remedies of failures that do not depend on the expected key. */
const FIXES: Readonly<Partial<Record<SignatureError['code'], string>>> = {
  SIGNATURE_STALE: SET_CLOCK,
  SIGNATURE_UNKNOWN_SERIAL:
    'Set the public key that it names (商户平台 → API 安全 → 微信支付公钥); for a certificate set WECHATPAY_APIV3_KEY',
  SIGNATURE_MISSING: 'A proxy drops the headers Wechatpay-…, or WECHATPAY_BASE_URL is not WeChat Pay',
}

const unverifiedCheck = (error: SignatureError, fix: string): Check =>
  failedCheck(RESPONSE, withoutFullStop(error), FIXES[error.code] ?? fix)

function refusedCheck(error: unknown): Check {
  if (error instanceof ResponseError && isClockWrong(skewOf(error.headers, Date.now())))
    return failedCheck(CALL, `refused, ${withoutFullStop(error)}`, SET_CLOCK)
  if (error instanceof ServiceError && error.status === 401)
    return failedCheck(
      CALL,
      `refused, ${withoutFullStop(error)}`,
      'The private key does not belong to the serial, the certificate was revoked, or the merchant id is another one. Take all from one download (商户平台 → API 安全)',
    )
  if (error instanceof ResponseError)
    return failedCheck(CALL, `HTTP ${error.status}, ${withoutFullStop(error)}`, 'See the message of WeChat Pay')
  if (error instanceof TransportError)
    return failedCheck(CALL, withoutFullStop(error), 'Try again, then check the proxy and the firewall')
  return failedFor(
    CALL,
    problemOf(error, 'Set the variable that it names as described in wechatpay-edge doctor --help'),
  )
}

const withoutFullStop = (error: Error): string => messageOf(error).replace(/\.$/, '')
