import { execFileSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Formatter, Rsa } from 'wechatpay-axios-plugin'
import { Wechatpay } from '../../../../src/core/index.ts'
import { startApp, startJsapi, startJssdk, startMiniProgram } from '../../../../src/flows/payment/index.ts'
import * as keys from '../../../fixtures/keys.ts'

const appid = 'wxd678efh567hg6787'
const prepay_id = 'wx201410272009395522657a690389285100'
const wxpay = new Wechatpay({ mchid: '1900000109', privateKey: keys.PRIVATE_KEY, now: () => 1414561699_999 })

const fits = (lines: readonly string[], signature: string) =>
  verify(
    'sha256',
    Buffer.from(lines.map(line => `${line}\n`).join('')),
    createPublicKey(keys.PUBLIC_KEY),
    Buffer.from(signature, 'base64'),
  )

describe('node:crypto and wechatpay-axios-plugin verify what starts', () => {
  it('JSAPI: four lines, the last with its prefix', async () => {
    const { appId, timeStamp, nonceStr, package: packaged, paySign } = await startJsapi(wxpay, { appid, prepay_id })
    const lines = [appId, timeStamp, nonceStr, packaged]
    expect(lines).toEqual([appid, '1414561699', expect.stringMatching(/^\w{32}$/), `prepay_id=${prepay_id}`])
    expect(fits(lines, paySign)).toBe(true)
    expect(Rsa.verify(Formatter.joinedByLineFeed(...lines), paySign, keys.PUBLIC_KEY)).toBe(true)
    expect(fits([appid, timeStamp, nonceStr, prepay_id], paySign)).toBe(false)
  })

  it('the JS-SDK and a mini program: the appid too, which they are not handed', async () => {
    const page = await startJssdk(wxpay, { appid, prepay_id })
    expect(fits([appid, page.timestamp, page.nonceStr, page.package], page.paySign)).toBe(true)
    const mini = await startMiniProgram(wxpay, { appid, prepay_id })
    expect(fits([appid, mini.timeStamp, mini.nonceStr, mini.package], mini.paySign)).toBe(true)
  })

  it('App: the bare prepay id', async () => {
    const app = await startApp(wxpay, { appid, prepay_id: `prepay_id=${prepay_id}` })
    const lines = [app.appid, app.timestamp, app.noncestr, app.prepayid]
    expect(app.prepayid).toBe(prepay_id)
    expect(fits(lines, app.sign)).toBe(true)
    expect(Rsa.verify(Formatter.joinedByLineFeed(...lines), app.sign, keys.PUBLIC_KEY)).toBe(true)
  })
})

describe('openssl, as the official page shows it', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'payment-'))
    writeFileSync(join(folder, 'apiclient_key.pem'), keys.PRIVATE_KEY)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('signs the same', async () => {
    const { timeStamp, nonceStr, package: packaged, paySign } = await startJsapi(wxpay, { appid, prepay_id })
    const input = `${appid}\n${timeStamp}\n${nonceStr}\n${packaged}\n`
    const signature = execFileSync('openssl', ['dgst', '-sha256', '-sign', 'apiclient_key.pem'], { cwd: folder, input })
    expect(paySign).toBe(signature.toString('base64'))
  })
})
