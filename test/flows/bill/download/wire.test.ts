import { expect, it } from 'vitest'
import { utf8 } from '../../../../src/core/base/bytes.ts'
import { sha1 } from '../../../../src/core/crypto/digest.ts'
import { downloadTradeBill, downloadTradeBillV2 } from '../../../../src/flows/bill/index.ts'
import { createTestClient, fieldsOf, signedV3Response } from '../../../core/test-client.ts'
import { failure, readAll } from '../reading.ts'
import { SUCCESS } from '../samples.ts'

const DAY = 86_400_000
/** Yesterday in UTC+8. */
const bill_date = new Date(Date.now() - DAY + DAY / 3).toISOString().slice(0, 10)
const download_url = 'https://api.mch.weixin.qq.com/v3/bill/downloadurl?token=a+b%2Fc=='

it('asks for the file with the token as it was given, at the path that is documented, and heeds no case of the hash', async () => {
  const hash_value = (await sha1(utf8(SUCCESS))).toUpperCase()
  const { wxpay, requests } = createTestClient([
    await signedV3Response({ hash_type: 'SHA1', hash_value, download_url }),
    new Response(SUCCESS),
  ])
  const { rows } = await readAll(
    await downloadTradeBill(wxpay, { bill_date, bill_type: 'SUCCESS', sub_mchid: '1900007292' }),
  )
  expect(rows.map(row => row.特约商户号)).toEqual(['1900007292'])
  expect(requests.map(({ url }) => new URL(url)).map(({ pathname, search }) => pathname + search)).toEqual([
    `/v3/bill/tradebill?bill_date=${bill_date}&bill_type=SUCCESS&sub_mchid=1900007292`,
    '/v3/billdownload/file?token=a%2Bb%2Fc%3D%3D',
  ])
})

it('downloads nothing that it cannot verify', async () => {
  const { wxpay, requests } = createTestClient([
    await signedV3Response({ hash_type: 'SM3', hash_value: '00', download_url }),
  ])
  expect(await failure(downloadTradeBill(wxpay, { bill_date }))).toMatchObject({
    name: 'BillError',
    code: 'BILL_HASH_MISMATCH',
    message: expect.stringContaining('SM3'),
  })
  expect(requests).toHaveLength(1)
})

it('asks APIv2 as the merchant of the client, and again where the caller says so', async () => {
  const lost = () => Promise.reject(new TypeError('fetch failed'))
  const { wxpay, requests } = createTestClient([lost, new Response(SUCCESS)])
  const request = { appid: 'wx', bill_date: bill_date.replaceAll('-', '') }
  const bill = await downloadTradeBillV2(wxpay, request, { retry: { repeatable: true, delay: () => 0 } })
  expect((await readAll(bill)).rows).toHaveLength(1)
  expect(requests).toHaveLength(2)
  expect(fieldsOf(await requests[1]!.text())).toMatchObject({ ...request, mch_id: '1900000109' })
})
