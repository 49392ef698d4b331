import { provesAbsence } from '../../core/base/service-codes.ts'
import { credentialsOf } from '../../core/client/client.ts'
import { ServiceError, type Wechatpay } from '../../core/index.ts'
import { type Finding, findingOf } from './finding.ts'

/** A check makes one short attempt. */
const ONCE = { timeout: 5_000, retry: false } as const

/** An order number that no order has. */
const NO_ORDER = 'wechatpay-edge-health'

/**
 * Returns whether an error says that an order does not exist or, for a service provider (服务商), is not accessible. WeChat Pay says so
 * only after it has verified the signature of the request, and signs the response. If `verifiedBy` is undefined, a proxy may have
 * created the response, and the request may never have reached WeChat Pay.
 *
 * @param error the `ServiceError` of a query
 */
export const isNoSuchOrder = (error: Pick<ServiceError, 'serviceCode' | 'verifiedBy'>): boolean =>
  provesAbsence(error) || error.serviceCode === 'NO_AUTH'

/**
 * Makes a call that changes nothing, to find out whether WeChat Pay accepts the merchant's signature, and whether its own can be
 * verified. It downloads the platform certificates (平台证书), and reports their expiry; in public-key mode, which has none, it queries
 * an order that does not exist.
 */
export function signedCall(client: Wechatpay, mchid: string): Promise<Finding> {
  return credentialsOf(client).platformKeys.publicKeyId ? queryOrder(client, mchid) : downloadCertificates(client)
}

async function downloadCertificates(client: Wechatpay): Promise<Finding> {
  const { data, verifiedBy } = await client.request('GET', 'v3/certificates', ONCE)
  const { data: certificates } = data as { data: { serial_no: string; expire_time: string }[] }
  const validity = certificates.map(({ serial_no, expire_time }) => `${serial_no} until ${expire_time.slice(0, 10)}`)
  return findingOf('ok', 'certificates_downloaded', { key: `${verifiedBy}`, certificates: validity.join(', ') })
}

async function queryOrder(client: Wechatpay, mchid: string): Promise<Finding> {
  try {
    const path = `v3/pay/transactions/out-trade-no/${NO_ORDER}`
    return verified((await client.request('GET', path, { ...ONCE, params: { mchid } })).verifiedBy)
  } catch (error) {
    if (!(error instanceof ServiceError && isNoSuchOrder(error))) throw error
    return error.verifiedBy === undefined ? unsigned(error.serviceCode) : verified(error.verifiedBy)
  }
}

const verified = (by: string | undefined): Finding => findingOf('ok', 'signature_accepted', { key: `${by}` })

const unsigned = (serviceCode: string): Finding => findingOf('warn', 'response_unsigned', { code: serviceCode })
