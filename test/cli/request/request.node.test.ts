import { createVerify, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Hash, Rsa } from 'wechatpay-axios-plugin'
import { prepareRequest } from '../../../src/cli/request/dry-run.ts'
import { withMeantPath } from '../../../src/cli/request/meant-path.ts'
import { ServiceError, Wechatpay } from '../../../src/core/index.ts'
import { createTestTerminal, type TestTerminal } from '../test-terminal.ts'

vi.setConfig({ testTimeout: 60_000 })

let terminal: TestTerminal
let certified: TestTerminal
beforeAll(async () => {
  ;[terminal, certified] = await Promise.all([createTestTerminal('public-key'), createTestTerminal('certificate')])
  return async () => {
    await terminal[Symbol.asyncDispose]()
    await certified[Symbol.asyncDispose]()
  }
})

const APPID = 'wxd678efh567hg6787'
const order = (number: string) => [
  '-d',
  `appid=${APPID}`,
  '-d',
  'mchid=1900000109',
  '-d',
  `out_trade_no=${number}`,
  '-d',
  'description=Tea & 茶',
  '-d',
  'notify_url=https://shop.example/notify',
  '-d',
  'amount.total=100',
]

describe('request', () => {
  it('posts where there is data; what is digits is a number or text by the definition', async () => {
    const { code, out, errors } = await terminal.run('request', 'v3/pay/transactions/native', ...order('20260101001'))
    expect([code, JSON.parse(out)]).toEqual([0, { code_url: expect.stringMatching(/^weixin:/) }])
    expect(errors).toMatch(/^HTTP 200, verified by PUB_KEY_ID_\d+, Request-ID \S+$/)
    const asked = await terminal.run(
      'request',
      '/v3/pay/transactions/out-trade-no/20260101001?mchid=1900000109',
      '--json',
    )
    expect(JSON.parse(asked.out)).toMatchObject({
      status: 200,
      verifiedBy: expect.stringMatching(/^PUB_KEY_ID/),
      data: { out_trade_no: '20260101001', amount: { total: 100 } },
    })
  })

  it('takes the whole body as JSON, from a file too, and fields on top', async () => {
    const json = JSON.stringify({
      appid: APPID,
      mchid: '1900000109',
      out_trade_no: '20260101002',
      description: 'd',
      notify_url: 'https://shop.example/n',
    })
    const file = await terminal.write('order.json', json)
    expect(
      (
        await terminal.run(
          'request',
          'POST',
          'v3/pay/transactions/native',
          '-d',
          `@${file}`,
          '-d',
          'amount:={"total":7}',
        )
      ).code,
    ).toBe(0)
    expect(
      (
        await terminal.run(
          'request',
          'v3/pay/transactions/native',
          '-d',
          json,
          '-d',
          'out_trade_no=20260101003',
          '-d',
          'amount.total=1',
        )
      ).code,
    ).toBe(0)
  })

  it('calls APIv2', async () => {
    await terminal.run('request', 'v3/pay/transactions/native', ...order('20260101004'))
    const { code, out } = await terminal.run(
      'request',
      'v2/pay/orderquery',
      '-d',
      `appid=${APPID}`,
      '-d',
      'mch_id=1900000109',
      '-d',
      'out_trade_no=20260101004',
    )
    expect([code, JSON.parse(out)]).toEqual([
      0,
      expect.objectContaining({ trade_state: 'NOTPAY', out_trade_no: '20260101004' }),
    ])
  })

  it('says what WeChat Pay says when it refuses', async () => {
    const refused = ['request', 'v3/pay/transactions/out-trade-no/none', '-q', 'mchid=1900000109']
    const { code, out, errors } = await terminal.run(...refused)
    expect([code, out]).toEqual([1, ''])
    expect(errors).toMatch(/^ORDER_NOT_EXIST: .*\(Request-ID \S+\)$/)
    const { error } = JSON.parse((await terminal.run(...refused, '--json')).errors)
    expect(error).toMatchObject({
      code: 'SERVICE_ERROR',
      status: 404,
      serviceCode: 'ORDER_NOT_EXIST',
      mayHaveTakenEffect: false,
    })
  })

  it('names the path that is meant by a misspelt one', async () => {
    const v2 = await terminal.run('request', 'v2/pay/orderqeury', '-d', 'out_trade_no=1')
    expect([v2.code, v2.errors]).toEqual([1, expect.stringMatching(/ Is v2\/pay\/orderquery meant\?$/)])
    const v3 = await terminal.run('request', 'POST', 'v3/pay/transactoins/native')
    expect([v3.code, v3.errors]).toEqual([1, expect.stringContaining('/v3/pay/transactions/native')])
    const headers = new Headers()
    const refusal = {
      serviceCode: 'RESOURCE_NOT_EXISTS',
      serviceMessage: '-',
      endpoint: undefined,
      verifiedBy: undefined,
    }
    const error = new ServiceError(refusal, { status: 404, headers, body: '' }, false)
    expect(withMeantPath(error, 'GET', '/v3/certificate')).toMatchObject({
      message: 'RESOURCE_NOT_EXISTS: - No definition has this path. Is v3/certificates meant?',
      details: { serviceCode: 'RESOURCE_NOT_EXISTS' },
    })
    // It exists, and what it is about does not.
    expect(withMeantPath(error, 'GET', '/v3/certificates')).toBe(error)
  })

  it('uploads', async () => {
    const file = await terminal.write('logo.png', Buffer.from('89504e470d0a1a0a', 'hex'))
    const { code, out } = await terminal.run('request', 'v3/merchant/media/upload', '-d', `file=@${file}`)
    expect([code, JSON.parse(out)]).toEqual([0, { media_id: expect.any(String) }])
    const shown = await terminal.run('request', 'v3/merchant/media/upload', '-d', `file=@${file}`, '--dry-run')
    expect(shown.out).toContain('file: logo.png, image/png, 8 bytes')
    expect(shown.out).toContain('"filename":"logo.png"')
  })

  it('downloads into a file, and asks for one before it calls', async () => {
    await terminal.run('request', 'v3/pay/transactions/native', ...order('20260101007'))
    // The day in Beijing, which may end at this moment.
    const { paidAt } = terminal.simulator.pay({ out_trade_no: '20260101007' })
    const date = new Date(paidAt! + 8 * 3_600_000).toISOString().slice(0, 10)
    await terminal.simulator.advance(2 * 86_400_000)
    const { out } = await terminal.run('request', 'v3/bill/tradebill', '-q', `bill_date=${date}`)
    const { pathname, search } = new URL(JSON.parse(out).download_url)
    const path = pathname.slice(1) + search
    terminal.asked()
    const without = await terminal.run('request', path)
    expect([without.code, without.errors, terminal.asked()]).toEqual([2, expect.stringContaining('-o <file>'), []])
    const { code, errors } = await terminal.run('request', path, '-o', terminal.file('bill.csv'))
    expect([code, errors]).toEqual([0, expect.stringContaining('unsigned')])
    expect(await readFile(terminal.file('bill.csv'), 'utf8')).toContain('20260101007')
    const nowhere = await terminal.run('request', path, '-o', '/dev/null/bill.csv')
    expect(nowhere).toMatchObject({ code: 1, errors: expect.stringContaining('/dev/null/bill.csv was not written') })
  })

  it('writes an answer into a file', async () => {
    await terminal.run('request', 'v3/pay/transactions/native', ...order('20260101005'))
    const { code, out } = await terminal.run(
      'request',
      'v3/pay/transactions/out-trade-no/20260101005',
      '-q',
      'mchid=1900000109',
      '-o',
      terminal.file('order.txt'),
    )
    expect([code, out]).toEqual([0, ''])
    expect(JSON.parse(await terminal.read('order.txt'))).toMatchObject({ out_trade_no: '20260101005' })
  })

  it.each<[argv: string[], line: RegExp]>([
    [[], /^No path is given/],
    [['v3/a', 'v3/b'], /^Give one path/],
    [['FETCH', 'v3/a'], /^"FETCH" is not a method/],
    [['https://api.mch.weixin.qq.com/v3/certificates'], /^The path .* does not begin with v3\/, v2\/ or brand\//],
    [['v3/a/../b'], /leads to another path/],
    [['v3/a', '-d', 'novalue'], /give key=value/],
    [['v3/a', '-d', '{"a":'], /is not JSON, or is cut short/],
    [['v3/a', '-d', 'a:=x'], /a:="x" is not JSON/],
    [['v3/a', '-d', '__proto__.x=1'], /a dotted key needs a name/],
    [['v3/a', '-d', 'a=1', '-d', 'a.b=1'], /a already has a value/],
    [['v3/a', '-d', 'a.1=1', '-d', 'a.0=1'], /number the members of a list 0, 1, 2/],
    [['v3/a', '-d', 'a=1', '-d', '{}'], /give the complete body first/],
    [
      ['v3/pay/transactions/native', '-d', 'amount.total=1.5'],
      /^amount\.total must be an integer by its definition, and "1\.5" is not/,
    ],
    [['v3/a', '-q', 'x'], /^-q "x": give key=value/],
    [['v3/a', '-H', 'x'], /^-H "x": give/],
  ])('%j is refused with exit code 2, and nothing is sent', async (argv, line) => {
    terminal.asked()
    const { code, out, errors } = await terminal.run('request', ...argv)
    expect([code, out, terminal.asked()]).toEqual([2, '', []])
    expect(errors).toMatch(line)
  })

  it.each<[what: string, changes: Record<string, string | undefined>, line: RegExp]>([
    ['no merchant', { WECHATPAY_MCHID: undefined }, /^WECHATPAY_MCHID is missing .* wechatpay-edge simulator --folder/],
    [
      'no private key',
      { WECHATPAY_PRIVATE_KEY: undefined, WECHATPAY_APIV2_KEY: undefined },
      /^WECHATPAY_PRIVATE_KEY: missing or empty\. Set it to the text/,
    ],
    [
      'nothing to verify with',
      { WECHATPAY_PUBLIC_KEY: undefined, WECHATPAY_PUBLIC_KEY_ID: undefined, WECHATPAY_APIV3_KEY: undefined },
      /^WECHATPAY_PUBLIC_KEY: set it/,
    ],
    [
      'a missing file',
      { WECHATPAY_PRIVATE_KEY: undefined, WECHATPAY_PRIVATE_KEY_FILE: './no.pem' },
      /^WECHATPAY_PRIVATE_KEY_FILE: \.\/no\.pem does not exist/,
    ],
    [
      'nobody there',
      { WECHATPAY_BASE_URL: 'http://127.0.0.1:9' },
      /^No connection to 127\.0\.0\.1:9 \(ECONNREFUSED\), so nothing was sent\.$/,
    ],
  ])('%s: one line, exit code 1', async (_, changes, line) => {
    const { code, errors } = await terminal.with(changes)('request', 'v3/pay/transactions/id/1', '-q', 'mchid=1')
    expect([code, errors]).toEqual([1, expect.stringMatching(line)])
  })

  it('names a file that is not there', async () => {
    expect(await terminal.run('request', 'v3/a', '-d', '@none.json')).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^The file none\.json does not exist/),
    })
  })
})

describe('request --dry-run', () => {
  const dry = async (terminal: TestTerminal, ...argv: string[]) => {
    terminal.asked()
    const { code, out, errors } = await terminal.run('request', ...argv, '--dry-run', '--json')
    expect([code, errors, terminal.asked()]).toEqual([0, '', []])
    return JSON.parse(out)
  }

  it('shows a signature that fits the lines it shows, by node:crypto and by the plugin', async () => {
    const shown = await dry(terminal, 'v3/pay/transactions/native', ...order('20260101006'), '-q', 'a=茶 x')
    const signature = /signature="([^"]+)"/.exec(shown.headers.authorization)![1]!
    const message = shown.signed.map((line: string) => `${line}\n`).join('')
    const { publicKey } = new X509Certificate(await terminal.read('apiclient_cert.pem'))
    expect(createVerify('sha256').update(message).verify(publicKey, signature, 'base64')).toBe(true)
    expect(Rsa.verify(message, signature, publicKey)).toBe(true)
    expect(shown.signed.slice(0, 2)).toEqual(['POST', '/v3/pay/transactions/native?a=%E8%8C%B6%20x'])
    expect(shown.signed[4]).toBe(shown.body)
    expect(shown.url).toBe(`${terminal.url}/v3/pay/transactions/native?a=%E8%8C%B6%20x`)
  })

  it('shows encrypted fields encrypted', async () => {
    const argv = [
      'v3/profitsharing/receivers/add',
      '-d',
      `appid=${APPID}`,
      '-d',
      'type=MERCHANT_ID',
      '-d',
      'account=1',
      '-d',
      'relation_type=STORE',
      '-d',
      'name=张三',
    ]
    const shown = await dry(terminal, ...argv)
    expect(shown.encrypted).toEqual(['name'])
    expect(shown.headers['wechatpay-serial']).toMatch(/^PUB_KEY_ID/)
    const { name } = JSON.parse(shown.body)
    expect(Buffer.from(name, 'base64')).toHaveLength(256)
    expect(JSON.stringify(shown)).not.toContain('张三')

    const unencrypted = await certified.run('request', ...argv, '--dry-run')
    expect(unencrypted).toMatchObject({ code: 1, errors: expect.stringContaining('--certificates <folder>') })
    expect(certified.asked()).toEqual([])
    await certified.run('certificates', '--out', certified.file('platform'))
    const encrypted = await dry(certified, ...argv, '--certificates', certified.file('platform'))
    expect(encrypted.headers['wechatpay-serial']).toBe(Object.keys(certified.simulator.certificates)[0])
  })

  it('shows an APIv2 signature, which fits by the plugin, and not its key', async () => {
    const shown = await dry(
      terminal,
      'v2/pay/refundquery',
      '-d',
      `appid=${APPID}`,
      '-d',
      'mch_id=1',
      '-d',
      'out_trade_no=a',
      '-d',
      'sign_type=MD5',
    )
    expect(shown.signed.at(-1)).toBe('key=<WECHATPAY_APIV2_KEY>')
    const { apiv2Key } = terminal.simulator.merchant
    const fields = Object.fromEntries(shown.signed.slice(0, -1).map((pair: string) => pair.split('=')))
    expect(shown.body).toContain(`<sign>${Hash.sign('MD5', fields, apiv2Key as never)}</sign>`)
  })

  it('names the access point in Hong Kong (香港) if the client prefers it', async () => {
    const call = { method: 'POST', path: 'v3/global/transactions/app', body: {}, headers: new Headers() }
    const hostOf = async (hongKong: boolean) => {
      const options = { ...terminal.simulator.merchant, hongKong }
      return new URL((await prepareRequest(call, new Wechatpay(options), options)).url).host
    }
    expect([await hostOf(false), await hostOf(true)]).toEqual(['api.mch.weixin.qq.com', 'apihk.mch.weixin.qq.com'])
  })

  it.each([
    [['v3/pay/transactoins/id/1'], 'No definition has this path. Is v3/pay/transactions/id/{transaction_id} meant?'],
    [['v2/pay/orderqeury', '-d', 'a=1'], 'No definition has this path. Is v2/pay/orderquery meant?'],
    [['v3/new-product/orders'], 'No definition has this path.'],
    [['v3/pay/transactions/native'], 'No definition has GET for this path, only POST.'],
  ])('signs %j, and says that no endpoint has it', async (argv, warning) => {
    for (const format of [[], ['--json']]) {
      const { code, out, errors } = await terminal.run('request', ...argv, '--dry-run', ...format)
      expect([code, errors]).toEqual([0, warning])
      expect(out).toMatch(/authorization|sign=|<sign>/)
    }
  })

  it('for people says that nothing was sent', async () => {
    const { out } = await terminal.run('request', 'v3/certificates', '--dry-run')
    expect(out).toMatch(/^GET http.*\n[\s\S]*Signed, a line break after each line[\s\S]*Nothing was sent\.$/)
    const refund = await terminal.run('request', 'v2/secapi/pay/refund', '-d', 'a=1', '--dry-run')
    expect(refund.out).toContain('Requires the client certificate')
  })
})

describe('certificates', () => {
  it('downloads, proves and saves them, as node:crypto reads them', async () => {
    const { code, out } = await certified.run('certificates', '--out', certified.file('saved'))
    const [[serial, pem] = ['', '']] = Object.entries(certified.simulator.certificates)
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^${serial}  valid \\d{4}-\\d\\d-\\d\\d to .*wechatpay_${serial}\\.pem$`)),
    ])
    const saved = await certified.read(`saved/wechatpay_${serial}.pem`)
    expect(new X509Certificate(saved).raw.equals(new X509Certificate(pem).raw)).toBe(true)
    const json = await certified.run('certificates', '--out', certified.file('saved'), '--json')
    expect(JSON.parse(json.out)).toMatchObject([{ serial, notAfter: expect.any(String) }])
  })

  it('in public-key mode says so, and what to do', async () => {
    const { code, errors } = await terminal.run('certificates')
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/^WECHATPAY_PUBLIC_KEY_ID is .* \(public-key mode\).*--force/),
    ])
    const unconfigured = await terminal.with({ WECHATPAY_PUBLIC_KEY: undefined, WECHATPAY_PUBLIC_KEY_ID: undefined })(
      'certificates',
    )
    expect(unconfigured).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID: in public-key mode/),
    })
  })

  it('names a wrong APIv3 key', async () => {
    const { code, errors } = await certified.with({ WECHATPAY_APIV3_KEY: 'x'.repeat(32) })('certificates')
    expect([code, errors]).toEqual([1, expect.stringMatching(/^WECHATPAY_APIV3_KEY does not decrypt this/)])
  })

  it('names a folder that it cannot make', async () => {
    expect(await certified.run('certificates', '--out', '/dev/null/x')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('not a folder'),
    })
  })
})
