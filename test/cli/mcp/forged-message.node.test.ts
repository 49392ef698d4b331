/** Messages that an attacker makes of parts of genuine ones. All of them are encrypted and signed with node:crypto. */
import {
  constants,
  createCipheriv,
  createHash,
  createSign,
  generateKeyPairSync,
  publicEncrypt,
  X509Certificate,
} from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createTestTerminal, type TestTerminal } from '../test-terminal.ts'
import { createTestTools, type TestTools } from './test-context.ts'

const PHONE = '13800138000'
const platform = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PLATFORM_ID = 'PUB_KEY_ID_0116000001092024110600000000000001'

let terminal: TestTerminal
let tools: TestTools
/** A phone number as WeChat Pay encrypts it for the merchant. */
let encryptedPhone: string
beforeAll(async () => {
  terminal = await createTestTerminal('public-key')
  const { merchant } = terminal.simulator
  const pem = platform.publicKey.export({ type: 'spki', format: 'pem' }) as string
  const options = { ...merchant, platformKeys: { [PLATFORM_ID]: pem } }
  tools = await createTestTools({ keys: { kind: 'configured', client: new Wechatpay(options), options } })
  const { publicKey: key } = new X509Certificate(merchant.certificate)
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  encryptedPhone = publicEncrypt({ key, padding }, Buffer.from(PHONE)).toString('base64')
  return () => terminal[Symbol.asyncDispose]()
})

/** Encrypts as the official page of the refund notification says: AES-256-ECB with the MD5 of the APIv2 key. */
function reqInfo(plain: string): string {
  const key = createHash('md5').update(terminal.simulator.merchant.apiv2Key).digest('hex')
  const cipher = createCipheriv('aes-256-ecb', key, null)
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64')
}

function signV2(fields: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(fields)
    .sort()
    .map(name => `${name}=${fields[name]}`)
  const text = `${pairs.join('&')}&key=${terminal.simulator.merchant.apiv2Key}`
  return createHash('md5').update(text).digest('hex').toUpperCase()
}

const xml = (fields: Readonly<Record<string, string>>): string =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`

function signedV3(content: object) {
  const body = JSON.stringify(content)
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createSign('sha256').update(`${timestamp}\nnonce\n${body}\n`).sign(platform.privateKey, 'base64')
  return {
    headers: {
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': 'nonce',
      'Wechatpay-Signature': signature,
      'Wechatpay-Serial': PLATFORM_ID,
    },
    body,
  }
}

/** Checks a message with the tool and with the command. */
async function check(message: string | object) {
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  const [tool, command] = [
    await tools.run('check_message', { message: text }),
    await terminal.run('verify', await terminal.write('forged', text), '--json'),
  ]
  return { ...tool, command: { code: command.code, ...JSON.parse(command.out) } }
}

const forgedPayment = () => ({
  event_ciphertext: 'x',
  req_info: reqInfo('<root><refund_id>1</refund_id></root>'),
  out_trade_no: 'FORGED1',
  trade_state: 'SUCCESS',
  amount: { total: 100_000 },
  anything: encryptedPhone,
})

describe('a message that nobody signed', () => {
  it.each([
    ['JSON that has the req_info of a refund', () => forgedPayment()],
    ['the same in a saved message without headers', () => ({ headers: {}, body: JSON.stringify(forgedPayment()) })],
    ['the last block of a req_info', () => ({ ...forgedPayment(), req_info: reqInfo('') })],
    ['req_info and a resource', () => ({ ...forgedPayment(), resource: { ciphertext: 'x', nonce: 'x' } })],
    ['the name of the field in a text', () => ({ req_info: reqInfo('<a/>'), attach: '"event_ciphertext"' })],
    ['an empty Wechatpay-Serial', () => ({ headers: { 'Wechatpay-Serial': '' }, body: '{"trade_state":"SUCCESS"}' })],
    [
      'all headers, with an empty Wechatpay-Serial',
      () => ({ ...signedV3({}), headers: { ...signedV3({}).headers, 'Wechatpay-Serial': '' } }),
    ],
  ])('is not genuine, and nothing in it is decrypted: %s', async (_, create) => {
    const { value, text, command } = await check(create())
    expect(value.genuine).toBe(false)
    expect(value).not.toHaveProperty('content')
    expect(text).not.toContain(PHONE)
    expect(command).toMatchObject({ code: 1, ok: false, genuine: false })
  })

  it('is unsigned, neither genuine nor forged, if it is a refund of APIv2', async () => {
    const info = '<root><refund_id>1</refund_id><out_refund_no>1</out_refund_no><attach>13800138000</attach></root>'
    const refund = xml({ return_code: 'SUCCESS', mch_id: '1900000109', req_info: reqInfo(info) })
    const { value, text, command } = await check(refund)
    expect(value).toMatchObject({ genuine: 'unsigned', hint: expect.stringContaining('Query the refund') })
    expect(value).not.toHaveProperty('content')
    expect(text).not.toContain(PHONE)
    expect(command).toMatchObject({
      code: 0,
      genuine: 'unsigned',
      checks: [{}, { name: 'sign', ok: null }, { ok: true }],
    })
    expect((await terminal.run('decrypt', await terminal.write('refund.xml', refund))).out).toContain(PHONE)
  })
})

describe('a signed message', () => {
  it('is not genuine if its fields are divided otherwise than they were signed', async () => {
    // The payer chose `attach`; the attacker makes two fields of it, or one of two.
    const signed = { appid: 'wx1', attach: 'a&trade_state=SUCCESS', mch_id: '1900000109', nonce_str: 'n' }
    const sign = signV2(signed)
    const merged = { appid: 'wx1&attach=a&trade_state=SUCCESS', mch_id: '1900000109', nonce_str: 'n', sign }
    const { value, command } = await check(xml(merged))
    expect(value.genuine).toBe(false)
    expect(command).toMatchObject({ code: 1, genuine: false })
    const plain = { ...signed, attach: 'a' }
    expect((await check(xml({ ...plain, sign: signV2(plain) }))).value.genuine).toBe(true)
  })

  it('is genuine with an address that contains parameters', async () => {
    const ordered = {
      appid: 'wx1',
      mweb_url: 'https://wx.tenpay.com/checkmweb?prepay_id=wx1&package=1',
      nonce_str: 'n',
    }
    expect((await check(xml({ ...ordered, sign: signV2(ordered) }))).value.genuine).toBe(true)
  })

  it('has nothing decrypted by the private key in APIv2, and only event_ciphertext in its JSON', async () => {
    const fields = { event_ciphertext: 'x', name: encryptedPhone }
    const { value, text } = await check({ ...fields, sign: signV2(fields) })
    expect(value).toMatchObject({ genuine: true, content: null })
    expect(text).not.toContain(PHONE)
    const saved = await terminal.write('v2.json', JSON.stringify(fields))
    expect(await terminal.run('decrypt', saved)).toMatchObject({ code: 1, out: '' })
  })

  it('shows no text that the private key decrypted, and decrypts only fields that are encrypted by definition', async () => {
    const { value, text } = await check(
      signedV3({ phone: encryptedPhone, value: encryptedPhone, attach: encryptedPhone }),
    )
    expect(value).toMatchObject({
      genuine: true,
      decryptedWith: 'WECHATPAY_PRIVATE_KEY',
      content: { phone: '<personal>', value: '<personal>', attach: encryptedPhone },
    })
    expect(text).not.toContain(PHONE)
    const attached = await check(signedV3({ attach: encryptedPhone }))
    expect(attached.value).toMatchObject({ genuine: true, content: null })
  })

  it('has the same fields decrypted by the command, with their text', async () => {
    const body = JSON.stringify({ phone: encryptedPhone, attach: encryptedPhone })
    const { out } = await terminal.run('decrypt', await terminal.write('response.json', body))
    expect(JSON.parse(out)).toEqual({ phone: PHONE, attach: encryptedPhone })
    const attached = await terminal.write('attached.json', JSON.stringify({ attach: encryptedPhone }))
    expect(await terminal.run('decrypt', attached)).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^Nothing in the message is encrypted.*--value\.$/),
    })
  })
})
