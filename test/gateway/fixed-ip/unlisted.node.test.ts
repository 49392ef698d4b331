import { describe, expect, it } from 'vitest'
import { createTestGateway, json } from '../test-gateway.ts'

// WeChat Pay's own words for a call from an address that it has not listed, and words that are near them.

const v3 = (status: number, code: string, message: string) => (): Promise<Response> =>
  Promise.resolve(Response.json({ code, message }, { status }))
const v2 = (code: string, text: string) => (): Promise<Response> =>
  Promise.resolve(
    new Response(
      `<xml><return_code>SUCCESS</return_code><return_msg>${text}</return_msg><result_code>FAIL</result_code><err_code>${code}</err_code><err_code_des>${text}</err_code_des></xml>`,
    ),
  )

/** Makes a call that WeChat Pay answers so. */
async function answered(path: string, fetch: () => Promise<Response>) {
  const { call, logged, simulator } = await createTestGateway({}, { fetch, mtlsFetch: fetch })
  const response = await call(path, json({ mch_id: simulator.merchant.mchid }))
  return { hint: response.headers.get('wechatpay-edge-hint'), body: await response.text(), logged }
}

const TRANSFER = '/v3/fund-app/mch-transfer/transfer-bills'
const RED_PACKET = '/v2/mmpaymkttransfers/sendredpack'

describe('a refusal because of the address', () => {
  it.each([
    [TRANSFER, v3(400, 'INVALID_REQUEST', '此IP地址不允许调用该接口\t')],
    [TRANSFER, v3(400, 'INVALID_REQUEST', '此IP地址不允许调用接口，请按开发指引设置')],
    ['/v3/transfer/batches', v3(403, 'NO_AUTH', '此IP地址不允许调用该接口')],
    [RED_PACKET, v2('NO_AUTH', 'IP地址非你在商户平台设置的可用IP地址')],
    [
      '/v2/mmpaymkttransfers/promotion/transfers',
      v2('NO_AUTH', '此IP地址不允许调用接口，如有需要请登录微信支付商户平台更改配置'),
    ],
  ])('of %s has the hint, WeChat Pay’s own words, and a line in the log', async (path, fetch) => {
    const { hint, body, logged } = await answered(path, fetch)
    expect(hint).toContain('GATEWAY_FIXED_IP_URL')
    expect(body).toContain('IP地址')
    expect(logged.filter(line => line.includes('"unlisted address"'))).toHaveLength(1)
  })
})

describe('another refusal', () => {
  it.each([
    [TRANSFER, v3(403, 'NO_AUTH', '当前商户号没有相关权限，暂不支持使用')],
    [TRANSFER, v3(400, 'INVALID_REQUEST', 'APPID不存在')],
    ['/v3/pay/transactions/h5', v3(400, 'PARAM_ERROR', 'payer_client_ip 的IP地址不正确')],
    [RED_PACKET, v2('NO_AUTH', '发放失败，此请求可能存在风险，已被微信拦截')],
    [RED_PACKET, v2('PARAM_ERROR', '此IP地址不允许')],
  ])('of %s has none', async (path, fetch) => {
    const { hint, logged } = await answered(path, fetch)
    expect(hint).toBeNull()
    expect(logged.filter(line => line.includes('"unlisted address"'))).toEqual([])
  })
})
