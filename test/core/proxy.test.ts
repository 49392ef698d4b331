import { describe, expect, test } from 'vitest'
import { ServiceError } from '../../src/core/index.ts'
import { micropayOutcome, reverseMicropay } from '../../src/flows/payment/index.ts'
import { authCode } from '../flows/payment/test-merchant.ts'
import { createTestClient, signedV2Response } from './test-client.ts'

// A proxy between merchant and WeChat Pay may respond with anything, and none of it is signed.

const v2Order = () => ({
  appid: 'wx1',
  mch_id: '1900000109',
  body: 'b',
  out_trade_no: 'N1',
  total_fee: 100,
  spbill_create_ip: '127.0.0.1',
  auth_code: authCode(),
})
const wait = async () => {}
const redirect = (status: number) => new Response(null, { status, headers: { location: 'https://captive.example/' } })
const absent = () => signedV2Response({ result_code: 'FAIL', err_code: 'ORDERNOTEXIST', err_code_des: 'd' })

describe.each([301, 302, 303, 307, 308])('a redirect with HTTP %i', status => {
  test('pays nothing, in APIv2', async () => {
    const { wxpay } = createTestClient([({ url }) => (url.includes('orderquery') ? absent() : redirect(status))])
    const outcome = await micropayOutcome(wxpay, v2Order(), { wait, limit: 5_000, reversals: 1 })
    expect(['refused', 'unknown']).toContain(outcome.state)
  })

  test('reverses nothing', async () => {
    const { wxpay } = createTestClient([
      ({ url }) =>
        url.includes('orderquery') ? signedV2Response({ trade_state: 'SUCCESS', total_fee: '100' }) : redirect(status),
    ])
    const outcome = await reverseMicropay(wxpay, v2Order(), { wait, reversals: 1 })
    expect(outcome.state).toBe('unknown')
  })

  test.each(['v2/pay/micropay', 'v3/refund/domestic/refunds'])('leaves a doubt about POST %s', async path => {
    const { wxpay } = createTestClient([redirect(status)])
    const error = await wxpay.request('POST', path, { body: { out_trade_no: 'N1' } }).catch(cause => cause)
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({ serviceCode: `HTTP_${status}`, mayHaveTakenEffect: true })
  })
})

test('a Location beside an XML answer changes nothing of what the XML says', async () => {
  const answer = new Response('<xml><return_code>FAIL</return_code><return_msg>no</return_msg></xml>', {
    headers: { location: 'https://captive.example/' },
  })
  const { wxpay } = createTestClient([answer])
  await expect(wxpay.request('POST', 'v2/pay/micropay', { body: v2Order() })).rejects.toBeInstanceOf(ServiceError)
})

test.each([400, 401, 403, 404, 408, 413, 429, 499])(
  'a proxy’s page with HTTP %i refuses nothing, and what changes something is not sent again',
  async status => {
    const page = () => new Response('<html>proxy</html>', { status })
    for (const path of ['v2/secapi/pay/reverse', 'v3/refund/domestic/refunds']) {
      const { wxpay, requests } = createTestClient([page, page, page].map(make => make()))
      const error = await wxpay.request('POST', path, { body: { out_trade_no: 'N1' } }).catch(cause => cause)
      expect([path, error.mayHaveTakenEffect]).toEqual([path, true])
      expect(requests).toHaveLength(1)
    }
  },
)
