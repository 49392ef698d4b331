import { partiesOf } from '../../core/client.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import { ConfigurationError, type Wechatpay } from '../../core/index.ts'
import type { Ground } from '../ground.ts'

/** One thing that was looked at. */
export interface Check {
  readonly mchid: string
  readonly check: 'keys' | 'certificate' | 'platform_keys' | 'ledger' | 'endpoints'
  readonly status: 'ok' | 'warn' | 'fail'
  readonly detail: string
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** Before a certificate runs out one has to be told. */
const SOON = 30 * DAY
/** A delivery that waits for longer has an endpoint that fails. */
const LATE = 60 * MINUTE

/**
 * Looks at what the gateway needs: each merchant's keys, and that they are a pair; how long its certificate lasts; WeChat
 * Pay's keys; the ledger, and what waits in it. Nothing is sent, but that certificates may have to be fetched.
 */
export async function health(ground: Ground): Promise<Check[]> {
  const { merchants } = ground
  const checks = Object.entries(merchants).flatMap(([mchid, client]) => [
    checked(mchid, 'keys', () => keys(client)),
    checked(mchid, 'certificate', () => certificate(ground.certificates[mchid], ground.now())),
    checked(mchid, 'platform_keys', () => platformKeys(client)),
    checked(mchid, 'ledger', () => ledger(mchid, ground)),
    checked(mchid, 'endpoints', () => endpoints(mchid, ground)),
  ])
  return Promise.all(checks)
}

type Found = readonly [Check['status'], string]

async function checked(mchid: string, check: Check['check'], look: () => Promise<Found>): Promise<Check> {
  const [status, detail] = await look().catch((error): Found => ['fail', (error as Error).message])
  return { mchid, check, status, detail }
}

/** Importing them proves that the private key is the certificate's. */
async function keys(client: Wechatpay): Promise<Found> {
  const { account } = partiesOf(client)
  if (!(await signsV3(client))) return ['ok', 'APIv2 alone: there is no private key.']
  const serial = await account.serial()
  return ['ok', `The private key is there; its certificate is ${serial}.`]
}

/** A merchant that keeps to APIv2 needs no private key. @throws {ConfigurationError} it is there, and wrong */
async function signsV3(client: Wechatpay): Promise<boolean> {
  const { account } = partiesOf(client)
  try {
    await account.privateKey()
    return true
  } catch (error) {
    if (error instanceof ConfigurationError && error.code === 'OPTION_MISSING' && error.option === 'privateKey')
      return false
    throw error
  }
}

async function certificate(pem: string | undefined, now: number): Promise<Found> {
  if (pem === undefined) return ['ok', 'Not given; only its serial is known.']
  const { notAfter } = await importCertificate(pem, 'certificate', crypto)
  const left = +notAfter - now
  const until = `until ${notAfter.toISOString()}`
  if (left <= 0) return ['fail', `The merchant certificate (商户 API 证书) was valid ${until}. Renew it.`]
  return left < SOON
    ? ['warn', `The merchant certificate (商户 API 证书) is valid ${until}. Renew it.`]
    : ['ok', `Valid ${until}.`]
}

async function platformKeys(client: Wechatpay): Promise<Found> {
  if (!(await signsV3(client))) return ['ok', 'APIv2 alone: none are needed.']
  const { platformKeys: known } = partiesOf(client)
  if (known.publicKeyId) return ['ok', `Public-key mode (微信支付公钥): ${known.publicKeyId}.`]
  await known.ready()
  return ['ok', `Platform certificates (平台证书): ${(await known.sealer())?.id}.`]
}

async function ledger(mchid: string, { ledger: open, now }: Ground): Promise<Found> {
  const { pending, dead, oldestPendingAt } = await open(mchid).depths(mchid)
  const age = oldestPendingAt === null ? 0 : now() - oldestPendingAt
  const depth = `${pending} deliveries wait, the oldest for ${Math.round(age / MINUTE)} minutes; ${dead} were given up`
  if (dead > 0) return ['warn', `${depth}. Look at them: /admin/merchants/${mchid}/deliveries?state=dead.`]
  return [age > LATE ? 'warn' : 'ok', `${depth}.`]
}

async function endpoints(mchid: string, { routes }: Ground): Promise<Found> {
  const [paid] = routes('TRANSACTION.SUCCESS', mchid)
  return paid
    ? ['ok', `TRANSACTION.SUCCESS goes to ${paid.name}.`]
    : ['warn', 'No endpoint takes TRANSACTION.SUCCESS: payments are recorded, and nobody is told.']
}
