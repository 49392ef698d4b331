import { constants, createCipheriv, createHash, publicEncrypt, randomBytes, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../../src/core/index.ts'
import { downloadEcommerceFundFlowBill, downloadSubMerchantFundFlowBill } from '../../../../src/flows/bill/index.ts'
import { createSimulator } from '../../../../src/simulator/index.ts'
import { createTestClient, signedV3Response } from '../../../core/test-client.ts'
import * as keys from '../../../fixtures/keys.ts'
import { failure, readAll } from '../reading.ts'
import { FUND_FLOW } from '../samples.ts'

const bill_date = '2026-03-01'
const query = { sub_mchid: '1900000109', bill_date, account_type: 'BASIC' } as const
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex')

interface Made {
  /** The entry of the part in the list, and the file behind its URL. */
  readonly entry: Record<string, string | number>
  readonly file: Buffer
}

/** A part as WeChat Pay makes it, by node:crypto. */
function makePart(plain: Uint8Array, number = 1, nonce = randomBytes(8).toString('hex')): Made {
  const key = randomBytes(16).toString('hex')
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const file = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  const padding = { key: keys.PUBLIC_KEY, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
  const entry = {
    bill_sequence: number,
    download_url: `https://api.mch.weixin.qq.com/v3/bill/downloadurl?token=part${number}`,
    encrypt_key: publicEncrypt(padding, Buffer.from(key)).toString('base64'),
    hash_type: 'SHA1',
    hash_value: sha1(plain),
    nonce,
  }
  return { entry, file }
}

/** A service with these parts. */
async function service(parts: readonly Made[], count = parts.length, files: Record<string, Response> = {}) {
  const list = await signedV3Response({
    download_bill_count: count,
    download_bill_list: parts.map(({ entry }) => entry),
  })
  const bodies = new Map(parts.map(({ entry, file }) => [`part${entry.bill_sequence}`, file]))
  const answer = (request: Request): Response => {
    const token = new URL(request.url).searchParams.get('token')
    return token === null ? list : (files[token] ?? new Response(Uint8Array.from(bodies.get(token)!)))
  }
  return createTestClient([answer])
}

const text = Buffer.from(FUND_FLOW)
const thirds = [text.subarray(0, 101), text.subarray(101, 400), text.subarray(400)]
const numbers = ['50000305742018020103387128253', '4200000068201801293084726068']

const ROW = `${FUND_FLOW.split('\n')[1]}\n`
const longBill = (rows: number): Buffer =>
  Buffer.from(`${FUND_FLOW.split('\n')[0]}\n${ROW.repeat(rows)}资金流水总笔数,支出笔数\n\`${rows},\`${rows}\n`)

async function read(parts: readonly Made[], more: { tar_type?: 'GZIP' } = {}) {
  const { wxpay } = await service(parts)
  return readAll(await downloadSubMerchantFundFlowBill(wxpay, { ...query, ...more }))
}

describe('an encrypted bill', () => {
  it('is joined of its parts, in whatever order they are listed', async () => {
    const parts = thirds.map((third, at) => makePart(third, at + 1)).reverse()
    const { wxpay, requests } = await service(parts)
    const { rows, summary } = await readAll(await downloadSubMerchantFundFlowBill(wxpay, query))
    expect(rows.map(row => row.微信支付业务单号)).toEqual(numbers)
    expect(rows[1]!['收支金额(元)']).toBe(123_456_789)
    expect(summary).toMatchObject({ 资金流水总笔数: 2, 支出金额: 2 })
    const asked = requests.map(({ url }) => new URL(url)).map(({ pathname, search }) => pathname + search)
    expect([asked[0], ...asked.slice(1).sort()]).toEqual([
      `/v3/bill/sub-merchant-fundflowbill?sub_mchid=1900000109&bill_date=2026-03-01&account_type=BASIC&algorithm=AEAD_AES_256_GCM`,
      ...['part1', 'part2', 'part3'].map(token => `/v3/billdownload/file?token=${token}`),
    ])
  })

  it('of a platform is asked for as one of all accounts', async () => {
    const { wxpay, requests } = await service([makePart(text)])
    expect((await readAll(await downloadEcommerceFundFlowBill(wxpay, { bill_date }))).rows).toHaveLength(2)
    expect(new URL(requests[0]!.url).search).toBe('?account_type=ALL&bill_date=2026-03-01&algorithm=AEAD_AES_256_GCM')
  })

  it('may have nonces of 12 and of 16 bytes', async () => {
    for (const nonce of ['a8607ef79034', 'a8607ef79034c49c'])
      expect((await read([makePart(text, 1, nonce)])).rows).toHaveLength(2)
  })

  it('may be zipped within its encryption, or around it', async () => {
    const within = makePart(gzipSync(text))
    const around = makePart(text)
    const hash_value = sha1(text)
    for (const part of [
      { ...within, entry: { ...within.entry, hash_value } },
      { ...around, file: gzipSync(around.file) },
    ])
      expect((await read([part], { tar_type: 'GZIP' })).rows).toHaveLength(2)
  })

  it('is proven by the hash of the bill or of its file, and by no other', async () => {
    const part = makePart(text)
    const withHash = (hash_value: string) => read([{ ...part, entry: { ...part.entry, hash_value } }])
    for (const hash of [sha1(text).toUpperCase(), sha1(part.file)]) expect((await withHash(hash)).rows).toHaveLength(2)
    expect(await failure(withHash(sha1(Buffer.from('another'))))).toMatchObject({ code: 'BILL_HASH_MISMATCH' })
  })

  it('is given as bytes, decrypted', async () => {
    const { wxpay } = await service(thirds.map((third, at) => makePart(third, at + 1)))
    const { file } = await downloadSubMerchantFundFlowBill(wxpay, query)
    expect(await new Response(file).text()).toBe(FUND_FLOW)
  })

  it('is read while it arrives', async () => {
    const rows = 4000
    const long = longBill(rows)
    const part = makePart(long)
    let sent = 0
    const slowly = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (sent >= part.file.length) return controller.close()
          controller.enqueue(Uint8Array.from(part.file.subarray(sent, sent + 10_000)))
          sent += 10_000
        },
      },
      { highWaterMark: 0 },
    )
    const { wxpay } = await service([part], 1, { part1: new Response(slowly) })
    let most = 0
    let count = 0
    const bill = await downloadSubMerchantFundFlowBill(wxpay, query)
    for await (const { 备注 } of bill.rows) {
      expect(备注).toBe('缺货')
      most = Math.max(most, sent - count * Buffer.byteLength(ROW))
      count++
    }
    expect(count).toBe(rows)
    expect(most).toBeLessThan(400_000)
    expect(long.length).toBeGreaterThan(600_000)
  })
})

describe('an encrypted bill that is not to be relied on', () => {
  it('gives away no row of a part that was changed, cut, or is encrypted with another key', async () => {
    const part = makePart(text)
    const turned = Buffer.from(part.file)
    turned[150]! ^= 1
    const tagless = Buffer.from(part.file)
    tagless[tagless.length - 1]! ^= 1
    const other = makePart(text)
    for (const file of [turned, tagless, part.file.subarray(0, -1), part.file.subarray(0, 7), other.file]) {
      for (const tar_type of [undefined, 'GZIP'] as const) {
        const { wxpay } = await service([{ ...part, file }])
        const bill = await downloadSubMerchantFundFlowBill(wxpay, { ...query, ...(tar_type && { tar_type }) })
        const rows: unknown[] = []
        const error = await failure(
          (async () => {
            for await (const row of bill.rows) rows.push(row)
          })(),
        )
        expect(error).toMatchObject({
          name: 'BillError',
          code: 'BILL_DECRYPTION_FAILED',
          message: expect.stringContaining('part 1'),
        })
        expect(rows).toEqual([])
      }
    }
  })

  it('is refused where a part is missing, or there twice', async () => {
    const parts = thirds.map((third, at) => makePart(third, at + 1))
    const lists: [Made[], number][] = [
      [[], 0],
      [parts.slice(1), 2],
      [parts.slice(0, 2), 3],
      [[parts[0]!, parts[0]!, parts[1]!], 3],
      [[parts[0]!, parts[2]!], 2],
    ]
    for (const [list, count] of lists) {
      const { wxpay, requests } = await service(list, count)
      expect(await failure(downloadSubMerchantFundFlowBill(wxpay, query))).toMatchObject({
        name: 'BillError',
        code: 'BILL_PARTS_MISSING',
      })
      expect(requests).toHaveLength(1)
    }
  })

  it('is refused where its hash or its key is of another kind', async () => {
    const part = makePart(text)
    const sm3 = { ...part, entry: { ...part.entry, hash_type: 'SM3' } }
    expect(await failure(read([sm3]))).toMatchObject({ code: 'BILL_HASH_MISMATCH' })
    const padding = { key: keys.PUBLIC_KEY, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
    const encrypt_key = publicEncrypt(padding, Buffer.from('0123456789abcdef')).toString('base64')
    const error = await failure(read([{ ...part, entry: { ...part.entry, encrypt_key } }]))
    expect(error).toMatchObject({ code: 'BILL_DECRYPTION_FAILED' })
    expect(error.message).not.toContain('0123456789abcdef')
  })

  it('asks for nothing on a day that is none', async () => {
    const { wxpay, requests } = await service([makePart(text)])
    for (const date of ['20260301', '2026-02-30']) {
      const refused = [
        downloadSubMerchantFundFlowBill(wxpay, { ...query, bill_date: date }),
        downloadEcommerceFundFlowBill(wxpay, { bill_date: date }),
      ]
      for (const each of refused) expect(await failure(each)).toMatchObject({ code: 'QUERY_INVALID' })
    }
    expect(requests).toHaveLength(0)
  })

  it('leaves no download behind when another fails, or nobody reads on', async () => {
    const cancelled: string[] = []
    const endless = (name: string) =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull: controller => controller.enqueue(randomBytes(1000)),
          cancel: () => void cancelled.push(name),
        }),
      )
    const parts = thirds.map((third, at) => makePart(third, at + 1))
    const gone = new Response(JSON.stringify({ code: 'PARAM_ERROR', message: 'token' }), { status: 400 })
    const failing = await service(parts, 3, { part1: endless('part1'), part2: gone, part3: endless('part3') })
    expect(await failure(downloadSubMerchantFundFlowBill(failing.wxpay, query))).toMatchObject({ name: 'ServiceError' })
    expect(cancelled.sort()).toEqual(['part1', 'part3'])

    cancelled.length = 0
    const left = await service(parts, 3, { part2: endless('part2'), part3: endless('part3') })
    const bill = await downloadSubMerchantFundFlowBill(left.wxpay, query)
    await bill.file.cancel()
    expect(cancelled.sort()).toEqual(['part2', 'part3'])

    cancelled.length = 0
    const begun = await service([makePart(longBill(1000)), ...parts.slice(1)], 3, {
      part2: endless('part2'),
      part3: endless('part3'),
    })
    for await (const _ of (await downloadSubMerchantFundFlowBill(begun.wxpay, query)).rows) break
    expect(cancelled.sort()).toEqual(['part2', 'part3'])
  })
})

describe('the simulator', () => {
  it('has the bills of sub-merchants, in several parts where they are long', async () => {
    let now = Date.parse('2026-03-01T20:30:00+08:00')
    const deliver = async () => new Response(null, { status: 204 })
    const simulator = await createSimulator({ seed: 'parts', now: () => now, deliver })
    const { merchant, fetch, mtlsFetch } = simulator
    const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, now: () => now, retry: false })
    const [A, B] = ['1900007292', '1900007293'] as const
    const orders = Array.from({ length: 60 }, (_, at) => ({ number: `T${at}${randomUUID().slice(0, 8)}`, at }))
    for (const { number: out_trade_no, at } of orders) {
      await wxpay.v3.pay.partner.transactions.native.post({
        sp_appid: merchant.appid,
        sp_mchid: merchant.mchid,
        sub_mchid: at % 2 ? A : B,
        out_trade_no,
        description: '茶',
        notify_url: 'https://merchant.example/notify',
        amount: { total: 1000 + at },
      })
      simulator.pay({ out_trade_no })
    }
    await simulator.settled()
    now += 13.5 * 3_600_000

    for (const tar_type of [undefined, 'GZIP'] as const) {
      const zipped = tar_type && { tar_type }
      const of = (sub_mchid: string) => ({ sub_mchid, bill_date, account_type: 'BASIC', ...zipped }) as const
      const ofA = await readAll(await downloadSubMerchantFundFlowBill(wxpay, of(A)))
      const ofB = await readAll(await downloadSubMerchantFundFlowBill(wxpay, of(B)))
      const all = await readAll(await downloadEcommerceFundFlowBill(wxpay, { bill_date, ...zipped }))
      const vouchers = (rows: { 业务凭证号: string }[]) => [...new Set(rows.map(row => row.业务凭证号))].sort()
      const ours = (isWanted: (at: number) => boolean) =>
        orders
          .filter(({ at }) => isWanted(at))
          .map(({ number }) => number)
          .sort()
      expect(vouchers(ofA.rows)).toEqual(ours(at => at % 2 === 1))
      expect(vouchers(ofB.rows)).toEqual(ours(at => at % 2 === 0))
      expect(vouchers(all.rows)).toEqual(ours(() => true))
      expect(all.rows.length).toBe(ofA.rows.length + ofB.rows.length)
      expect(all.summary!.收入金额).toBe(ofA.summary!.收入金额 + ofB.summary!.收入金额)
    }
    const { data } = await wxpay.v3.ecommerce.bill.fundflowbill.get({
      params: { bill_date, account_type: 'ALL', algorithm: 'AEAD_AES_256_GCM' },
    })
    expect(data.download_bill_count).toBeGreaterThan(1)
    expect(await failure(downloadSubMerchantFundFlowBill(wxpay, { ...query, sub_mchid: '1900007299' }))).toMatchObject({
      name: 'ServiceError',
      message: expect.stringContaining('NO_STATEMENT_EXIST'),
    })
  })
})
