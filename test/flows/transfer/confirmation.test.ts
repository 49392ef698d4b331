import { expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { startConfirmation, startConfirmationApp } from '../../../src/flows/transfer/index.ts'

// The parameters of WeChat Pay's own examples: 4012719576, 4015468960, 4016960577.
const wxpay = new Wechatpay({ mchid: '1230000000', fetch: async () => Promise.reject(new Error('sends nothing')) })
const merchant = { appid: 'wx8888888888888888', package_info: 'affffddafdfafddffda==' }

it('a page and a mini program get the three parameters of the documentation', () => {
  expect(startConfirmation(wxpay, merchant)).toEqual({
    mchId: '1230000000',
    appId: 'wx8888888888888888',
    package: 'affffddafdfafddffda==',
  })
})

it('an app gets the query of the documentation, encoded', () => {
  expect(startConfirmationApp(wxpay, merchant)).toEqual({
    businessType: 'requestMerchantTransfer',
    query: 'mchId=1230000000&appId=wx8888888888888888&package=affffddafdfafddffda%3D%3D',
  })
})

it('a partner names its sub-merchant, and the appid of it', () => {
  const partner = { ...merchant, sub_mchid: '1230000001', sub_appid: 'wx8888888888888889' }
  expect(startConfirmation(wxpay, partner)).toEqual({
    mchId: '1230000000',
    subMchId: '1230000001',
    appId: 'wx8888888888888888',
    subAppId: 'wx8888888888888889',
    package: 'affffddafdfafddffda==',
  })
})

it('characters that end a parameter of a query cannot add one', () => {
  const { query } = startConfirmationApp(wxpay, { ...merchant, package_info: 'a+b/c=&mchId=1' })
  expect([...new URLSearchParams(query)]).toEqual([
    ['mchId', '1230000000'],
    ['appId', 'wx8888888888888888'],
    ['package', 'a+b/c=&mchId=1'],
  ])
})

it.each([
  ['appid', { ...merchant, appid: '' }],
  ['package_info', { ...merchant, package_info: undefined }],
  ['package_info', { ...merchant, package_info: 'a b' }],
  ['sub_mchid', { ...merchant, sub_mchid: '12x' }],
  ['sub_appid', { ...merchant, sub_appid: 'x' }],
])('a wrong %s is named', (field, confirmation) => {
  expect(() => startConfirmation(wxpay, confirmation)).toThrow(
    expect.objectContaining({ code: 'PARAMETER_INVALID', field }),
  )
})
