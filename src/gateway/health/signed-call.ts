import { credentialsOf } from '../../core/client.ts'
import { ServiceError, type Wechatpay } from '../../core/index.ts'
import { provesAbsence } from '../../core/service-codes.ts'

/** What a look found: its status, and words. */
export type Found = readonly [status: 'ok' | 'warn' | 'fail', detail: string]

/** Nobody waits long for a look. */
const ONCE = { timeout: 5_000, retry: false } as const

/** No order has it. */
const NO_ORDER = 'wechatpay-edge-health'
/**
 * Tells whether an error says that there is no such order; or, to a service provider (服务商), none that it may see. WeChat Pay
 * says either only after it has verified the signature of the request. It signs such an error: where `verifiedBy` is undefined,
 * a proxy may have written it, and the request may never have reached WeChat Pay.
 *
 * @param error a `ServiceError` that answered a query
 */
export const isNoSuchOrder = (error: Pick<ServiceError, 'serviceCode' | 'verifiedBy'>): boolean =>
  provesAbsence(error) || error.serviceCode === 'NO_AUTH'

/**
 * Makes a call that changes nothing: WeChat Pay takes the signature, and its answer is proven. The platform certificates
 * (平台证书) are asked for, and tell how long they last; in public-key mode, which has none, an order that is not there.
 */
export function signedCall(client: Wechatpay, mchid: string): Promise<Found> {
  return credentialsOf(client).platformKeys.publicKeyId ? askForOrder(client, mchid) : askForCertificates(client)
}

async function askForCertificates(client: Wechatpay): Promise<Found> {
  const { data, verifiedBy } = await client.request('GET', 'v3/certificates', ONCE)
  const { data: certificates } = data as { data: { serial_no: string; expire_time: string }[] }
  const said = certificates.map(({ serial_no, expire_time }) => `${serial_no} until ${expire_time.slice(0, 10)}`)
  return [
    'ok',
    `WeChat Pay takes the signature; its answer is proven by ${verifiedBy}. Certificates: ${said.join(', ')}.`,
  ]
}

async function askForOrder(client: Wechatpay, mchid: string): Promise<Found> {
  try {
    const path = `v3/pay/transactions/out-trade-no/${NO_ORDER}`
    return proven((await client.request('GET', path, { ...ONCE, params: { mchid } })).verifiedBy)
  } catch (error) {
    if (!(error instanceof ServiceError && isNoSuchOrder(error))) throw error
    return error.verifiedBy === undefined ? unproven(error.serviceCode) : proven(error.verifiedBy)
  }
}

const proven = (by: string | undefined): Found => [
  'ok',
  `WeChat Pay takes the signature; its answer is proven by ${by}.`,
]

const unproven = (serviceCode: string): Found => [
  'warn',
  `The answer, ${serviceCode}, came unsigned: a proxy may have written it, so it does not prove that WeChat Pay takes the signature. Make sure that baseUrl is WeChat Pay's, and that a proxy passes the headers Wechatpay-… on.`,
]
