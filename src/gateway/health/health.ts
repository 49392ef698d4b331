import { credentialsOf } from '../../core/client.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import { ConfigurationError, type Wechatpay, WechatpayError } from '../../core/index.ts'
import { certificateOwner } from './certificate-owner.ts'
import { type Found, signedCall } from './signed-call.ts'

/** One thing that was looked at. */
export interface Check {
  /** The merchant id (商户号). */
  readonly merchant: string
  readonly check:
    | 'configuration'
    | 'key_pair'
    | 'certificate'
    | 'apiv3_key'
    | 'platform_keys'
    | 'signed_call'
    | 'ledger'
  /** `warn`: it works today. */
  readonly status: 'ok' | 'warn' | 'fail'
  /** What was found, and what to do about it; nothing secret. */
  readonly detail: string
}

/** How much waits in a ledger. */
export interface Depth {
  readonly pending: number
  readonly dead: number
  /** When the oldest delivery that is not done was recorded, milliseconds; null where there is none. */
  readonly oldestPendingAt: number | null
}

export interface HealthOptions {
  /** The clients by merchant id (商户号); one that cannot be made is a promise that rejects. */
  readonly merchants: Readonly<Record<string, Wechatpay | Promise<Wechatpay>>>
  /** The merchants' certificates (商户 API 证书), PEM by merchant id. */
  readonly certificates?: Readonly<Record<string, string>>
  /** WeChat Pay's keys as configured, by merchant id and key id: of platform certificates (平台证书) among them it is told how long they last. */
  readonly platformKeys?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Looks into a merchant's ledger. */
  readonly ledger?: (mchid: string) => Promise<Depth>
  /** Milliseconds. */
  readonly now?: () => number
  /** Calls WeChat Pay too, once a merchant, and changes nothing there. Default: nothing is sent. */
  readonly deep?: boolean
}

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
/** Before a certificate runs out one has to be told. */
const SOON = 30 * DAY
/** A delivery that waits for longer has an endpoint that fails. */
const LATE = HOUR

/**
 * Looks at what the gateway needs of every merchant: that its private key is its certificate's, how long that lasts, the APIv3
 * key, WeChat Pay's keys, and what waits in the ledger. It never rejects: what goes wrong is a check that fails.
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
  made: Wechatpay | Promise<Wechatpay>,
  { certificates, platformKeys, ledger, now = Date.now, deep = false }: HealthOptions,
): Promise<Check[]> {
  const checked = async (check: Check['check'], look: () => Promise<Found>): Promise<Check> => {
    const [status, detail] = await look().catch((error): Found => ['fail', wordsOf(error)])
    return { merchant, check, status, detail }
  }
  const onLedger = ledger ? [checked('ledger', async () => depth(await ledger(merchant), now()))] : []
  let client: Wechatpay
  try {
    client = await made
  } catch (error) {
    return Promise.all([checked('configuration', () => Promise.reject(error)), ...onLedger])
  }
  const isV2Alone = await speaksV2Alone(client)
  return Promise.all([
    checked('configuration', async () => ['ok', 'It can be read.']),
    checked('key_pair', async () => (isV2Alone ? V2_ALONE : keyPair(client))),
    checked('certificate', () => certificate(merchant, certificates?.[merchant], now())),
    checked('apiv3_key', async () => (isV2Alone ? V2_ALONE : apiv3Key(client))),
    checked('platform_keys', async () =>
      isV2Alone ? V2_ALONE : knownPlatformKeys(client, platformKeys?.[merchant], now()),
    ),
    ...(deep && !isV2Alone ? [checked('signed_call', () => signedCall(client, merchant))] : []),
    ...onLedger,
  ])
}

const V2_ALONE: Found = ['ok', 'There is no private key: APIv2 alone is spoken, and needs none.']

async function speaksV2Alone(client: Wechatpay): Promise<boolean> {
  const { account } = credentialsOf(client)
  try {
    account.apiv2Key()
    await account.privateKey()
    return false
  } catch (error) {
    return error instanceof ConfigurationError && error.code === 'OPTION_MISSING' && error.option === 'privateKey'
  }
}

/** Importing the private key tries it on the certificate, where that is configured. */
async function keyPair(client: Wechatpay): Promise<Found> {
  const { account } = credentialsOf(client)
  await account.privateKey()
  return ['ok', `The private key is there; its certificate is ${await account.serial()}.`]
}

async function certificate(merchant: string, pem: string | undefined, now: number): Promise<Found> {
  if (pem === undefined) return ['ok', 'Only its serial is known, and not how long it lasts.']
  const owner = certificateOwner(pem)
  if (owner !== undefined && owner !== merchant)
    return [
      'fail',
      `The certificate was issued to the merchant ${owner}, not to ${merchant}. Set the merchant id to ${owner}, or configure the key and the certificate of ${merchant}.`,
    ]
  return lasting('The merchant certificate (商户 API 证书)', pem, 'Renew it: 商户平台 → API 安全 → 商户 API 证书.', now)
}

async function apiv3Key(client: Wechatpay): Promise<Found> {
  const { account } = credentialsOf(client)
  if (!account.hasApiv3Key)
    return [
      'warn',
      'There is none: no notification opens without. Set the APIv3 key (商户平台 → API 安全 → APIv3 密钥).',
    ]
  await account.apiv3Key()
  return ['ok', 'It is there.']
}

/** What proves WeChat Pay's answers. Nothing is fetched for this. */
async function knownPlatformKeys(
  client: Wechatpay,
  configured: Readonly<Record<string, string>> = {},
  now: number,
): Promise<Found> {
  const { account, platformKeys } = credentialsOf(client)
  if (platformKeys.publicKeyId)
    return ['ok', `The public key (微信支付公钥) ${platformKeys.publicKeyId}: public-key mode.`]
  const pems = Object.entries(configured)
  if (pems.length > 0) {
    const what = ([serial, pem]: [string, string]) =>
      lasting(
        `The platform certificate (平台证书) ${serial}`,
        pem,
        'Configure the next one, or the public key (微信支付公钥).',
        now,
      )
    // The one that lasts longest tells whether answers can be proven.
    const found = await Promise.all(pems.map(what))
    return RANKS.map(rank => found.find(([status]) => status === rank)).find(Boolean)!
  }
  // With the APIv3 key they come by themselves. Without, this waits for nothing: it rejects where none are configured.
  if (!account.hasApiv3Key) await platformKeys.ready()
  return ['ok', 'Platform certificates (平台证书), configured or fetched when they are needed.']
}

const RANKS = ['ok', 'warn', 'fail'] as const

async function lasting(what: string, pem: string, cure: string, now: number): Promise<Found> {
  const { notBefore, notAfter } = await importCertificate(pem, 'certificate', crypto)
  if (now < +notBefore) return ['fail', `${what} is not in force before ${day(notBefore)}. Set the clock right.`]
  if (now >= +notAfter) return ['fail', `${what} ran out on ${day(notAfter)}. ${cure}`]
  const left = +notAfter - now
  const until = `${what} is valid until ${day(notAfter)}, ${Math.floor(left / DAY)} days.`
  return left < SOON ? ['warn', `${until} ${cure}`] : ['ok', until]
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

function depth({ pending, dead, oldestPendingAt }: Depth, now: number): Found {
  const age = oldestPendingAt === null ? 0 : now - oldestPendingAt
  const oldest = oldestPendingAt === null ? '' : `, the oldest for ${Math.round(age / 60_000)} min`
  return [dead > 0 || age > LATE ? 'warn' : 'ok', `${pending} deliveries wait${oldest}; ${dead} were given up.`]
}

/** This library's own errors say what to do, and hold no secret. Of another only its kind is told. */
const wordsOf = (error: unknown): string =>
  error instanceof WechatpayError ? error.message : `It failed (${Object(error).name ?? typeof error}).`
