import { DAY, HOUR } from '../../core/base/time.ts'
import { brandCredentialsOf, credentialsOf } from '../../core/client/client.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import { ConfigurationError, type Wechatpay, WechatpayError } from '../../core/index.ts'
import { countedText } from '../store/counts.ts'
import { certificateOwner } from './certificate-owner.ts'
import { type Finding, signedCall } from './signed-call.ts'

/** The result of a check. */
export interface Check {
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
  /** `warn`: it works, but needs attention. */
  readonly status: 'ok' | 'warn' | 'fail'
  /** Describes the finding and what to do about it, without secrets. */
  readonly detail: string
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
  const run = async (check: Check['check'], find: () => Promise<Finding>): Promise<Check> => {
    const [status, detail] = await find().catch((error): Finding => ['fail', describe(error)])
    return { merchant, check, status, detail }
  }
  const ledgerChecks = ledger ? [run('ledger', async () => checkDepth(await ledger(merchant), now()))] : []
  let client: Wechatpay
  try {
    client = await pendingClient
  } catch (error) {
    return Promise.all([run('configuration', () => Promise.reject(error)), ...ledgerChecks])
  }
  const isV2Only = await usesV2Only(client)
  return Promise.all([
    run('configuration', async () => ['ok', 'The configuration is valid.']),
    run('key_pair', async () => (isV2Only ? V2_ONLY : checkKeyPair(client))),
    run('certificate', () => checkCertificate(merchant, certificates?.[merchant], now())),
    run('apiv3_key', async () => (isV2Only ? V2_ONLY : checkApiv3Key(client))),
    run('platform_keys', async () => (isV2Only ? V2_ONLY : checkPlatformKeys(client, platformKeys?.[merchant], now()))),
    ...(brandCredentialsOf(client) ? [run('brand_keys', () => checkBrandKeys(client))] : []),
    ...(deep && !isV2Only ? [run('signed_call', () => signedCall(client, merchant))] : []),
    ...ledgerChecks,
  ])
}

const V2_ONLY: Finding = ['ok', 'There is no private key: the merchant uses APIv2 only, which needs none.']

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
  if (account.hasSigner)
    return [
      'ok',
      `A signer holds the private key with the serial ${await account.serial()}; only a deep check asks it.`,
    ]
  await account.importPrivateKey()
  return ['ok', `The private key is valid; the serial of its certificate is ${await account.serial()}.`]
}

/** Imports the keys of the brand, which also tests its private key with its certificate, if that is configured. */
async function checkBrandKeys(client: Wechatpay): Promise<Finding> {
  const { account, platformKeys } = brandCredentialsOf(client)!
  await Promise.all([account.importPrivateKey(), account.notificationKey(), account.serial(), platformKeys.ready()])
  return [
    'ok',
    `The keys of the brand ${account.id} are valid; its public key (微信支付公钥) is ${platformKeys.publicKeyId}.`,
  ]
}

async function checkCertificate(merchant: string, pem: string | undefined, now: number): Promise<Finding> {
  if (pem === undefined) return ['ok', 'Only its serial is configured, so its expiry is unknown.']
  const owner = certificateOwner(pem)
  if (owner !== undefined && owner !== merchant)
    return [
      'fail',
      `The certificate was issued to the merchant ${owner}, not to ${merchant}. Set the merchant id to ${owner}, or configure the key and the certificate of ${merchant}.`,
    ]
  return checkExpiry(
    'The merchant certificate (商户 API 证书)',
    pem,
    'Renew it: 商户平台 → API 安全 → 商户 API 证书.',
    now,
  )
}

async function checkApiv3Key(client: Wechatpay): Promise<Finding> {
  const { account } = credentialsOf(client)
  if (!account.hasApiv3Key)
    return [
      'warn',
      'There is no APIv3 key, so notifications cannot be decrypted. Set it (商户平台 → API 安全 → APIv3 密钥).',
    ]
  await account.notificationKey()
  return ['ok', 'The APIv3 key is valid.']
}

/** Checks the keys that verify WeChat Pay's responses, without downloading any. */
async function checkPlatformKeys(
  client: Wechatpay,
  configured: Readonly<Record<string, string>> = {},
  now: number,
): Promise<Finding> {
  const { account, platformKeys } = credentialsOf(client)
  if (platformKeys.publicKeyId)
    return ['ok', `The public key (微信支付公钥) ${platformKeys.publicKeyId}: public-key mode.`]
  const pems = Object.entries(configured)
  if (pems.length > 0) {
    const checkOne = ([serial, pem]: [string, string]) =>
      checkExpiry(
        `The platform certificate (平台证书) ${serial}`,
        pem,
        'Configure the next one, or the public key (微信支付公钥).',
        now,
      )
    // One valid certificate is enough to verify responses.
    const findings = await Promise.all(pems.map(checkOne))
    return RANKS.map(rank => findings.find(([status]) => status === rank)).find(Boolean)!
  }
  // With the APIv3 key, certificates are downloaded. Without it, `ready` rejects at once if none are configured.
  if (!account.hasApiv3Key) await platformKeys.ready()
  return ['ok', 'Platform certificates (平台证书) are configured, or downloaded when they are needed.']
}

const RANKS = ['ok', 'warn', 'fail'] as const

async function checkExpiry(subject: string, pem: string, advice: string, now: number): Promise<Finding> {
  const { notBefore, notAfter } = await importCertificate(pem, 'certificate', crypto)
  if (now < +notBefore) return ['fail', `${subject} is not valid before ${day(notBefore)}. Correct the clock.`]
  if (now >= +notAfter) return ['fail', `${subject} expired on ${day(notAfter)}. ${advice}`]
  const left = +notAfter - now
  const until = `${subject} is valid until ${day(notAfter)}, for ${Math.floor(left / DAY)} days.`
  return left < EXPIRES_SOON ? ['warn', `${until} ${advice}`] : ['ok', until]
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

function checkDepth({ pending, dead, oldestPendingAt }: Depth, now: number): Finding {
  const age = oldestPendingAt === null ? 0 : now - oldestPendingAt
  const oldest = oldestPendingAt === null ? '' : `, the oldest for ${Math.round(age / 60_000)} min`
  return [
    dead > 0 || age > LATE ? 'warn' : 'ok',
    `${countedText(pending)} deliveries are pending${oldest}; ${countedText(dead)} were given up.`,
  ]
}

/** Describes an error. Messages of this library contain no secrets; of other errors only the class is disclosed. */
const describe = (error: unknown): string =>
  error instanceof WechatpayError ? error.message : `It failed (${Object(error).name ?? typeof error}).`
