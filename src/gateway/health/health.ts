import { DAY, HOUR } from '../../core/base/time.ts'
import { brandCredentialsOf, credentialsOf } from '../../core/client/client.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import { ConfigurationError, type Wechatpay, WechatpayError } from '../../core/index.ts'
import { countedText, MAX_COUNTED } from '../store/counts.ts'
import { certificateOwner } from './certificate-owner.ts'
import { type Finding, findingOf } from './finding.ts'
import { signedCall } from './signed-call.ts'

/** The result of a check. */
export interface Check extends Finding {
  /** The merchant id (商户号). */
  readonly merchant: string
  readonly check:
    | 'configuration'
    | 'key_pair'
    | 'certificate'
    | 'apiv3_key'
    | 'platform_keys'
    | 'brand_keys'
    | 'signed_call'
    | 'ledger'
}

/** The numbers of deliveries in a ledger. */
export interface Depth {
  readonly pending: number
  readonly dead: number
  /** Time at which the oldest pending delivery was recorded, milliseconds; null if there is none. */
  readonly oldestPendingAt: number | null
}

export interface HealthOptions {
  /** The clients by merchant id (商户号). The promise of a client that cannot be created rejects. */
  readonly merchants: Readonly<Record<string, Wechatpay | Promise<Wechatpay>>>
  /** The merchants' certificates (商户 API 证书), PEM by merchant id. */
  readonly certificates?: Readonly<Record<string, string>>
  /** WeChat Pay's configured keys, by merchant id and key id. For platform certificates (平台证书) among them the expiry is checked. */
  readonly platformKeys?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Reads the numbers of deliveries from a merchant's ledger. */
  readonly ledger?: (mchid: string) => Promise<Depth>
  /** The clock, milliseconds since 1970. */
  readonly now?: () => number
  /** Makes a call to WeChat Pay for each merchant, which changes nothing. Default: nothing is sent. */
  readonly deep?: boolean
}

/** Remaining validity of a certificate below which it causes a warning. */
const EXPIRES_SOON = 30 * DAY
/** Age of a pending delivery above which its endpoint must have failed. */
const LATE = HOUR

/**
 * Checks what the gateway needs for each merchant: that the private key belongs to the certificate, the expiry of the certificate, the
 * APIv3 key, WeChat Pay's keys, and the deliveries in the ledger. Never rejects: an error is a failed check.
 *
 * @example
 * ```ts
 * const checks = await health({ merchants: { [mchid]: wxpay }, certificates: { [mchid]: pem } })
 * const isWell = checks.every(({ status }) => status !== 'fail')
 * ```
 */
export async function health(options: HealthOptions): Promise<Check[]> {
  const checks = Object.entries(options.merchants).map(([mchid, client]) => checkMerchant(mchid, client, options))
  return (await Promise.all(checks)).flat()
}

async function checkMerchant(
  merchant: string,
  pendingClient: Wechatpay | Promise<Wechatpay>,
  { certificates, platformKeys, ledger, now = Date.now, deep = false }: HealthOptions,
): Promise<Check[]> {
  const run = async (check: Check['check'], find: () => Promise<Finding>): Promise<Check> => ({
    merchant,
    check,
    ...(await find().catch(failureOf)),
  })
  const ledgerChecks = ledger ? [run('ledger', async () => checkDepth(await ledger(merchant), now()))] : []
  let client: Wechatpay
  try {
    client = await pendingClient
  } catch (error) {
    return Promise.all([run('configuration', () => Promise.reject(error)), ...ledgerChecks])
  }
  const isV2Only = await usesV2Only(client)
  return Promise.all([
    run('configuration', async () => findingOf('ok', 'configuration_valid')),
    run('key_pair', async () => (isV2Only ? V2_ONLY : checkKeyPair(client))),
    run('certificate', () => checkCertificate(merchant, certificates?.[merchant], now())),
    run('apiv3_key', async () => (isV2Only ? V2_ONLY : checkApiv3Key(client))),
    run('platform_keys', async () => (isV2Only ? V2_ONLY : checkPlatformKeys(client, platformKeys?.[merchant], now()))),
    ...(brandCredentialsOf(client) ? [run('brand_keys', () => checkBrandKeys(client))] : []),
    ...(deep && !isV2Only ? [run('signed_call', () => signedCall(client, merchant))] : []),
    ...ledgerChecks,
  ])
}

const V2_ONLY = findingOf('ok', 'no_private_key')

async function usesV2Only(client: Wechatpay): Promise<boolean> {
  const { account } = credentialsOf(client)
  try {
    account.apiv2Key()
    await account.importPrivateKey()
    return false
  } catch (error) {
    return error instanceof ConfigurationError && error.code === 'OPTION_MISSING' && error.option === 'privateKey'
  }
}

/** Imports the private key, which also tests it with the certificate, if that is configured. */
async function checkKeyPair(client: Wechatpay): Promise<Finding> {
  const { account } = credentialsOf(client)
  // A signer may count and limit what it signs.
  if (account.hasSigner) return findingOf('ok', 'signer', { serial: await account.serial() })
  await account.importPrivateKey()
  return findingOf('ok', 'private_key_valid', { serial: await account.serial() })
}

/** Imports the keys of the brand, which also tests its private key with its certificate, if that is configured. */
async function checkBrandKeys(client: Wechatpay): Promise<Finding> {
  const { account, platformKeys } = brandCredentialsOf(client)!
  await Promise.all([account.importPrivateKey(), account.notificationKey(), account.serial(), platformKeys.ready()])
  return findingOf('ok', 'brand_keys_valid', { brand: account.id, key: `${platformKeys.publicKeyId}` })
}

async function checkCertificate(merchant: string, pem: string | undefined, now: number): Promise<Finding> {
  if (pem === undefined) return findingOf('ok', 'serial_only')
  const owner = certificateOwner(pem)
  if (owner !== undefined && owner !== merchant)
    return findingOf('fail', 'certificate_of_other_merchant', { owner, merchant })
  const { validity, day, days } = await validityOf(pem, now)
  return findingOf(STATUSES[validity], `merchant_certificate_${validity}`, { day, days })
}

async function checkApiv3Key(client: Wechatpay): Promise<Finding> {
  const { account } = credentialsOf(client)
  if (!account.hasApiv3Key) return findingOf('warn', 'apiv3_key_missing')
  await account.notificationKey()
  return findingOf('ok', 'apiv3_key_valid')
}

/** Checks the keys that verify WeChat Pay's responses, without downloading any. */
async function checkPlatformKeys(
  client: Wechatpay,
  configured: Readonly<Record<string, string>> = {},
  now: number,
): Promise<Finding> {
  const { account, platformKeys } = credentialsOf(client)
  if (platformKeys.publicKeyId) return findingOf('ok', 'public_key_mode', { key: platformKeys.publicKeyId })
  const pems = Object.entries(configured)
  if (pems.length > 0) {
    const checkOne = async ([serial, pem]: [string, string]): Promise<Finding> => {
      const { validity, day, days } = await validityOf(pem, now)
      return findingOf(STATUSES[validity], `platform_certificate_${validity}`, { serial, day, days })
    }
    // One valid certificate is enough to verify responses.
    const findings = await Promise.all(pems.map(checkOne))
    return RANKS.map(rank => findings.find(({ status }) => status === rank)).find(Boolean)!
  }
  // With the APIv3 key, certificates are downloaded. Without it, `ready` rejects at once if none are configured.
  if (!account.hasApiv3Key) await platformKeys.ready()
  return findingOf('ok', 'platform_certificates_available')
}

const RANKS = ['ok', 'warn', 'fail'] as const

/** The status of a certificate by its validity. */
const STATUSES = { valid: 'ok', expires_soon: 'warn', expired: 'fail', not_yet_valid: 'fail' } as const

interface Validity {
  readonly validity: keyof typeof STATUSES
  /** The day on which it ends, or begins if that is yet to come. */
  readonly day: string
  /** The days that are left. */
  readonly days: number
}

async function validityOf(pem: string, now: number): Promise<Validity> {
  const { notBefore, notAfter } = await importCertificate(pem, 'certificate', crypto)
  const left = +notAfter - now
  const end = { day: dayOf(notAfter), days: Math.floor(left / DAY) }
  if (now < +notBefore) return { ...end, validity: 'not_yet_valid', day: dayOf(notBefore) }
  if (left <= 0) return { ...end, validity: 'expired' }
  return { ...end, validity: left < EXPIRES_SOON ? 'expires_soon' : 'valid' }
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

function checkDepth({ pending, dead, oldestPendingAt }: Depth, now: number): Finding {
  const age = oldestPendingAt === null ? 0 : now - oldestPendingAt
  // Beyond the count, SQLite knows the age of those that were counted only.
  const isLate = age > LATE || pending >= MAX_COUNTED
  const status = dead > 0 || isLate ? 'warn' : 'ok'
  const counts = { pending: countedText(pending), dead: countedText(dead) }
  if (oldestPendingAt === null) return findingOf(status, 'no_deliveries_pending', counts)
  return findingOf(status, 'deliveries_pending', { ...counts, minutes: Math.round(age / 60_000) })
}

/** Describes an error. Messages of this library contain no secrets; of other errors only the class is disclosed. */
const failureOf = (error: unknown): Finding =>
  error instanceof WechatpayError
    ? findingOf('fail', 'error', { message: error.message })
    : findingOf('fail', 'failed', { error: String(Object(error).name ?? typeof error) })
