import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { Formatter, Hash, Rsa } from 'wechatpay-axios-plugin'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run as runCommands } from '../../src/cli/run.ts'
import * as keys from '../fixtures/keys.ts'
import { createTestTerminal, type TestTerminal } from './test-terminal.ts'

const run = promisify(execFile)
let terminal: TestTerminal
beforeAll(async () => {
  terminal = await createTestTerminal('public-key')
  return () => terminal[Symbol.asyncDispose]()
})

const fits = async (message: string, signature: string) => {
  const { publicKey } = new (await import('node:crypto')).X509Certificate(terminal.simulator.merchant.certificate)
  return Rsa.verify(message, signature, publicKey)
}

describe('sign', () => {
  it('signs a message as openssl does', async () => {
    const text = 'GET\n/v3/certificates\n1700000000\nnonce\n\n'
    const file = await terminal.write('message.txt', text)
    const { stdout } = await run('openssl', ['dgst', '-sha256', '-sign', terminal.file('apiclient_key.pem'), file], {
      encoding: 'buffer',
    })
    const due = stdout.toString('base64')
    expect(await terminal.run('sign', '--message', text)).toMatchObject({ code: 0, out: due })
    expect(await terminal.run('sign', '-m', `@${file}`)).toMatchObject({ code: 0, out: due })
    expect(JSON.parse((await terminal.run('sign', '-m', text, '--json')).out)).toEqual({ signature: due })
  })

  it('jsapi: what the page needs', async () => {
    const { code, out } = await terminal.run('sign', 'jsapi', '--prepay-id', 'wx201', '--appid', 'wx8888')
    const payment = JSON.parse(out)
    expect(code).toBe(0)
    expect(payment).toEqual({
      appId: 'wx8888',
      timeStamp: expect.stringMatching(/^\d{10}$/),
      nonceStr: expect.stringMatching(/^\w{32}$/),
      package: 'prepay_id=wx201',
      signType: 'RSA',
      paySign: expect.any(String),
    })
    const message = Formatter.joinedByLineFeed('wx8888', payment.timeStamp, payment.nonceStr, 'prepay_id=wx201')
    expect(await fits(message, payment.paySign)).toBe(true)
  })

  it('mini-program: the same without the appid, which is signed', async () => {
    const payment = JSON.parse(
      (await terminal.run('sign', 'mini-program', '--prepay-id', 'prepay_id=wx201', '--appid', 'wx8888')).out,
    )
    expect(Object.keys(payment)).toEqual(['timeStamp', 'nonceStr', 'package', 'signType', 'paySign'])
    const message = Formatter.joinedByLineFeed('wx8888', payment.timeStamp, payment.nonceStr, 'prepay_id=wx201')
    expect(await fits(message, payment.paySign)).toBe(true)
  })

  it('app: the bare prepay id', async () => {
    const payment = JSON.parse((await terminal.run('sign', 'app', '--prepay-id', 'wx201', '--appid', 'wx8888')).out)
    expect(payment).toEqual({
      appid: 'wx8888',
      partnerid: terminal.simulator.merchant.mchid,
      prepayid: 'wx201',
      package: 'Sign=WXPay',
      noncestr: expect.stringMatching(/^\w{32}$/),
      timestamp: expect.stringMatching(/^\d{10}$/),
      sign: expect.any(String),
    })
    const message = Formatter.joinedByLineFeed('wx8888', payment.timestamp, payment.noncestr, 'wx201')
    expect(await fits(message, payment.sign)).toBe(true)
    const partner = await terminal.run('sign', 'app', '--prepay-id', 'wx201', '--appid', 'wx8888', '--partner-id', '42')
    expect(JSON.parse(partner.out).partnerid).toBe('42')
  })

  it('v2: the known answers of the official page, and what the plugin makes', async () => {
    const signed = terminal.with({ WECHATPAY_APIV2_KEY: '192006250b4c09247ec02edce69f6a2d' })
    const fields = [
      'appid=wxd930ea5d5a258f4f',
      'mch_id=10000100',
      'device_info=1000',
      'body=test',
      'nonce_str=ibuaiVcKdpRxkhJA',
    ]
    expect(await signed('sign', 'v2', ...fields)).toMatchObject({ code: 0, out: '9A0A8659F005D6984697E2CA0A9CF3B7' })
    expect(await signed('sign', 'v2', ...fields, '--sign-type', 'HMAC-SHA256')).toMatchObject({
      code: 0,
      out: '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6',
    })
    const { apiv2Key } = terminal.simulator.merchant
    const { out } = await terminal.run('sign', 'v2', 'b=茶 & x=1', 'a=', 'sign=old', 'sign_type=HMAC-SHA256', '--json')
    const fieldsOf = { b: '茶 & x=1', a: '', sign: 'old', sign_type: 'HMAC-SHA256' }
    expect(JSON.parse(out)).toEqual({
      sign: Hash.sign('HMAC-SHA256', fieldsOf, apiv2Key as never),
      sign_type: 'HMAC-SHA256',
    })
  })

  it.each<[argv: string[], line: RegExp]>([
    [[], /^Nothing to sign is given/],
    [['h5'], /^"h5" is not a kind of signature/],
    [['jsapi', '--appid', 'x'], /^--prepay-id is missing/],
    [['jsapi', '--prepay-id', 'x'], /^--appid is missing/],
    [['jsapi', 'x', '--prepay-id', 'x', '--appid', 'x'], /^"x" is an operand too many/],
    [['--message', 'x', '--appid', 'x'], /^--appid is not for a message/],
    [['jsapi', '--message', 'x'], /^--message is not for jsapi/],
    [['jsapi', '--prepay-id', 'wx201', '--appid', '8888'], /^appid: give the appid: wx…, text\.$/m],
    [['app', '--prepay-id', 'wx 201', '--appid', 'wx8888'], /^prepay_id: give the prepay_id/],
    [['v2'], /^v2: no fields are given/],
    [['v2', 'a'], /^"a": give key=value/],
    [['v2', 'a=1', 'a=2'], /^a is given twice/],
    [['v2', 'a=1', '--sign-type', 'SM3'], /^--sign-type must be MD5 or HMAC-SHA256/],
  ])('%j is refused with exit code 2', async (argv, line) => {
    expect(await terminal.run('sign', ...argv)).toEqual({ code: 2, out: '', errors: expect.stringMatching(line) })
  })

  it.each<[what: string, changes: Record<string, string | undefined>, line: RegExp]>([
    [
      'a key under a passphrase',
      { WECHATPAY_PRIVATE_KEY: keys.ENCRYPTED_PRIVATE_KEY },
      /^WECHATPAY_PRIVATE_KEY: is encrypted\. Give its passphrase as WECHATPAY_PRIVATE_KEY_PASSPHRASE\.$/,
    ],
    [
      'a wrong passphrase',
      { WECHATPAY_PRIVATE_KEY: keys.ENCRYPTED_PRIVATE_KEY, WECHATPAY_PRIVATE_KEY_PASSPHRASE: 'x' },
      /^WECHATPAY_PRIVATE_KEY_PASSPHRASE: does not decrypt WECHATPAY_PRIVATE_KEY\.$/,
    ],
    [
      'the key of another certificate',
      { WECHATPAY_PRIVATE_KEY: keys.OTHER_PRIVATE_KEY },
      /^WECHATPAY_PRIVATE_KEY: does not match WECHATPAY_CERTIFICATE\. Take both from the same download\.$/,
    ],
    ['no key', { WECHATPAY_PRIVATE_KEY: undefined }, /^WECHATPAY_PRIVATE_KEY: this call needs the private key/],
  ])('%s: one line, exit code 1', async (_, changes, line) => {
    const { code, out, errors } = await terminal.with(changes)('sign', '-m', 'x')
    expect([code, out, errors]).toEqual([1, '', expect.stringMatching(line)])
    const json = await terminal.with(changes)('sign', '-m', 'x', '--json')
    expect(JSON.parse(json.errors).error).toMatchObject({
      code: expect.any(String),
      variable: expect.stringMatching(/^WECHATPAY_/),
    })
  })

  it('names an .env that is not there', async () => {
    const errors: string[] = []
    const stopped = new AbortController().signal
    const terminal = { print: () => {}, warn: (line: string) => errors.push(line), stopped }
    expect(await runCommands(COMMANDS, ['sign', '-m', 'x', '--env', 'none.env'], terminal)).toBe(1)
    expect(errors).toEqual([expect.stringMatching(/^The file none\.env does not exist/)])
  })
})
