import { certificateList } from '../../keys/certificate-list.ts'
import { V3Refusal } from '../refusal.ts'
import type { Route } from '../route.ts'

/** Endpoints of the mainland's access point, and of 融合钱包's. */
const ENDPOINTS = ['GET /v3/certificates', 'GET /hk/v3/certificates'] as const

export const certificateRoutes: readonly Route[] = ENDPOINTS.map(endpoint => ({
  endpoint,
  async handle(_, context) {
    if (context.platform.certificates.length === 0)
      throw new V3Refusal(
        404,
        'RESOURCE_NOT_EXISTS',
        '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/doc/v3/merchant/4012153196',
      )
    return { status: 200, body: await certificateList(context) }
  },
}))
