import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../../src/core/base/bytes.ts'
import { BillError, parseBill, type TradeRow } from '../../../../src/flows/bill/index.ts'
import { failure, read, readAll, stream } from '../reading.ts'
import { ALL, EARLY, FUND_FLOW, FUND_FLOW_V2, PROFIT_SHARING, REFUND, SUCCESS } from '../samples.ts'

describe('a trade bill (交易账单)', () => {
  it('of type ALL has payments, reversals and refunds, amounts in fen', async () => {
    const { rows, summary } = await read(ALL)
    expect(rows).toHaveLength(3)
    expect(rows[0]).toEqual({
      交易时间: '2015-01-01 10:00:00',
      公众账号ID: 'wxab8acb865bb11234',
      商户号: '1900007291',
      特约商户号: '0',
      设备号: 'casher001',
      微信订单号: '4200000008201712143733500001',
      商户订单号: 'outtradeno001',
      用户标识: 'testxt08c-XB5-QD208X1Aid0Cbs',
      交易类型: 'JSAPI',
      交易状态: 'SUCCESS',
      付款银行: 'OTHERS',
      货币种类: 'CNY',
      应结订单金额: 10_000,
      代金券金额: 150,
      微信退款单号: '0',
      商户退款单号: '0',
      退款金额: 0,
      充值券退款金额: 0,
      退款类型: '',
      退款状态: '',
      商品名称: 'Image形象店-深圳腾大-QQ公仔',
      商户数据包: '自定义',
      手续费: 60,
      费率: '0.60%',
      订单金额: 10_150,
      申请退款金额: 0,
      费率备注: '726',
    })
    expect(rows.map(row => [row.交易状态, row.商品名称, row.手续费, row.申请退款金额])).toEqual([
      ['SUCCESS', 'Image形象店-深圳腾大-QQ公仔', 60, 0],
      ['REVOKED', '茶, 水', -4, 700],
      ['REFUND', 'Image形象店-深圳腾大-QQ公仔', -18, 3005],
    ])
    expect(summary).toEqual({
      总交易单数: 3,
      应结订单总金额: 10_000,
      退款总金额: 3705,
      充值券退款总金额: 0,
      手续费总金额: 38,
      订单总金额: 10_150,
      申请退款总金额: 3705,
    })
  })

  it('of types SUCCESS and REFUND has the columns of its type', async () => {
    const payments = await read(SUCCESS)
    expect(payments.rows[0]).toMatchObject({ 特约商户号: '1900007292', 订单金额: 1, 费率备注: '' })
    expect(payments.rows[0]).not.toHaveProperty('退款金额')
    expect(payments.summary).toEqual({ 总交易单数: 1, 应结订单总金额: 1, 手续费总金额: 0, 订单总金额: 1 })
    const refunds = await read(REFUND)
    expect(refunds.rows[0]).toMatchObject({ 退款成功时间: '', 退款金额: 29, 充值券退款金额: 28, 申请退款金额: 30 })
  })

  it('of the early format has its own columns, and an empty line', async () => {
    const { rows, summary } = await read(EARLY)
    expect(rows.map(row => [row.商户订单号, row.总金额, row.代金券或立减优惠退款金额])).toEqual([
      ['1415640626', 1, 0],
      ['1415635270', 1, 0],
    ])
    const sums = { 总交易额: 2, 总退款金额: 0, 总代金券或立减优惠退款金额: 0, 手续费总金额: 0 }
    expect(summary).toEqual({ 总交易单数: 2, ...sums })
  })
})

it('a fund flow bill (资金账单) has either version’s brackets in its titles', async () => {
  const { rows, summary } = await read(FUND_FLOW)
  expect(rows.map(row => [row.收支类型, row['收支金额(元)'], row['账户结余(元)'], row.备注])).toEqual([
    ['支出', 2, 17, '缺货'],
    ['收入', 123_456_789, 123_456_806, ''],
  ])
  const sums = { 资金流水总笔数: 2, 收入笔数: 1, 收入金额: 123_456_789, 支出笔数: 1, 支出金额: 2 }
  expect(summary).toEqual(sums)
  const v2 = await read(FUND_FLOW_V2)
  expect(v2.rows.map(row => row['收支金额（元）'])).toEqual([2, 123_456_789])
  expect(v2.summary).toEqual(sums)
})

it('a profit sharing bill (分账账单) has shares and returns', async () => {
  const { rows, summary } = await read(PROFIT_SHARING)
  expect(rows.map(row => [row['商户分账/回退单号'], row.业务类型, row.金额, row.订单金额])).toEqual([
    ['P20150806125346', '分账', 4000, 20_000],
    ['R20150806125346', '分账回退', 1001, 20_000],
  ])
  expect(summary).toEqual({ 总笔数: 2, 分账总金额: 4000, 分账回退总金额: 1001 })
})

describe('a bill', () => {
  it('is the same in batches, and has its summary at its end', async () => {
    const bill = parseBill<TradeRow>(stream(utf8(ALL), [700]))
    const rows: TradeRow[] = []
    for await (const batch of bill.batches) {
      rows.push(...batch)
      expect(bill.summary).toBeUndefined()
    }
    expect([rows, bill.summary]).toEqual(Object.values(await read(ALL)))
  })

  it('is read from an iterable of bytes too', async () => {
    async function* chunks() {
      yield utf8(SUCCESS.slice(0, 100))
      yield utf8(SUCCESS.slice(100))
    }
    expect((await readAll(parseBill(chunks()))).rows).toHaveLength(1)
  })

  it('is there as a file, unzipped, to be saved and read later', async () => {
    const zipped = new Response(ALL).body!.pipeThrough(new CompressionStream('gzip'))
    const saved = await new Response(parseBill(zipped).file).text()
    expect(saved).toBe(ALL)
  })

  it('is read once', async () => {
    const bill = parseBill(stream(utf8(ALL)))
    await readAll(bill)
    await expect(readAll(bill)).rejects.toMatchObject({ name: 'CallError', field: 'bill' })
  })

  it('ends its source when the reader stops early, and when its file is cancelled unread', async () => {
    for (const stop of [
      async (source: ReadableStream<Uint8Array>) => {
        for await (const _ of parseBill(source).rows) break
      },
      (source: ReadableStream<Uint8Array>) => parseBill(source).file.cancel(),
    ]) {
      let cancelled = false
      const [titles, row] = ALL.split('\r\n') as [string, string]
      let next = `${titles}\r\n`
      const source = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            controller.enqueue(utf8(next))
            next = `${row}\r\n`
          },
          cancel() {
            cancelled = true
          },
        },
        { highWaterMark: 0 },
      )
      await stop(source)
      expect(cancelled).toBe(true)
    }
  })

  it('lets what its source fails with pass', async () => {
    const error = new Error('the disk')
    const source = new ReadableStream<Uint8Array>({ start: controller => controller.error(error) })
    await expect(readAll(parseBill(source))).rejects.toBe(error)
  })
})

describe('a bill that is not to be relied on', () => {
  const CUT = 'BILL_CUT_SHORT'
  const MALFORMED = 'BILL_MALFORMED'
  const lines = ALL.split('\r\n')

  it.each([
    ['nothing at all', '', CUT, 'line 0'],
    ['titles alone', `${lines[0]}\r\n`, CUT, 'line 1'],
    ['titles that break off', lines[0]!.slice(0, 40), CUT, 'titles'],
    ['no summary', lines.slice(0, 4).join('\r\n'), CUT, 'line 4'],
    ['a row that breaks off', ALL.slice(0, ALL.indexOf('outtradeno002')), CUT, 'line 3'],
    ['a row without its line break', lines.slice(0, 2).join('\r\n'), CUT, 'line 2'],
    ['titles of a summary alone', `${lines.slice(0, 5).join('\r\n')}\r\n`, CUT, 'line 5'],
    ['a summary that breaks off', ALL.slice(0, -25), CUT, 'summary'],
    ['an archive that breaks off', '\x1f\x8b\x08', CUT, 'decompressed'],
    ['XML', '<xml><return_code>FAIL</return_code></xml>', MALFORMED, 'titles'],
    ['JSON', '{"code":"NO_STATEMENT_EXIST"}', MALFORMED, 'titles'],
    ['a title twice', ALL.replace('设备号', '商户号'), MALFORMED, 'title twice'],
    ['a title that is none', ALL.replace('设备号', '__proto__'), MALFORMED, 'titles'],
    ['a row with a value too many', ALL.replace('`726', '`726,`x'), MALFORMED, 'more values than titles in line 2'],
    ['a row with a value too few', ALL.replace(',`726', ''), MALFORMED, 'fewer values than titles in line 2'],
    ['an amount that is none', ALL.replace('30.05', '30,05'), MALFORMED, '退款金额 in line 4'],
    ['a part of a fen', ALL.replace('-0.04000', '-0.04200'), MALFORMED, '手续费 in line 3'],
    ['a summary without numbers', ALL.replace('`3,`100', '`3,`x'), MALFORMED, '应结订单总金额'],
    ['half a row as its count', ALL.replace('`3,`100', '`3.5,`100'), MALFORMED, '总交易单数'],
    ['a summary of too many values', ALL.replace('`37.05\r', '`37.05,`1\r'), MALFORMED, 'summary'],
    ['rows behind its summary', `${ALL}${lines[1]}\r\n`, MALFORMED, 'line 7'],
    [
      'another count',
      ALL.replace('`3,`100', '`4,`100'),
      'BILL_SUMMARY_MISMATCH',
      '总交易单数 4 in its summary, but its rows amount to 3',
    ],
    [
      'another sum',
      ALL.replace('`0.38000', '`0.39000'),
      'BILL_SUMMARY_MISMATCH',
      '手续费总金额 39 in its summary, but its rows amount to 38',
    ],
    ['a row less', ALL.replace(`${lines[2]}\r\n`, ''), 'BILL_SUMMARY_MISMATCH', '总交易单数 3'],
    ['another outgo', FUND_FLOW.replace(/`0.02$/m, '`0.03'), 'BILL_SUMMARY_MISMATCH', '支出金额 3'],
    ['another return', PROFIT_SHARING.replace(/`10.01$/m, '`10.02'), 'BILL_SUMMARY_MISMATCH', '分账回退总金额 1002'],
  ])('has %s', async (_, text, code, words) => {
    const bytes = text.startsWith('\x1f') ? Uint8Array.of(0x1f, 0x8b, 8, 0) : utf8(text)
    const bill = parseBill(stream(bytes))
    const error = await readAll(bill).catch(cause => cause)
    expect(error).toBeInstanceOf(BillError)
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(bill.summary).toBeUndefined()
  })

  it('is not UTF-8', async () => {
    const bytes = utf8(ALL)
    bytes[bytes.indexOf(0xe5)] = 0xff
    expect(await failure(readAll(parseBill(stream(bytes))))).toMatchObject({ code: MALFORMED })
  })

  it('has a line without an end', async () => {
    const endless = utf8('x'.repeat(2 ** 20 + 1))
    expect(await failure(readAll(parseBill(stream(endless))))).toMatchObject({ code: MALFORMED })
  })

  it('tells no value of a row', async () => {
    const { message } = await failure(read(ALL.replace('30.05', 'secret')))
    expect(message).not.toContain('secret')
  })
})

describe('a row whose first column is a text like the title of a summary', () => {
  const bill = (tick: string, ...texts: string[]) =>
    [
      `${tick}商品名称,${tick}订单金额,${tick}手续费`,
      ...texts.map(text => `\`${text},\`1.00,\`0.01000`),
      `${tick}总交易单数,${tick}订单总金额,${tick}手续费总金额`,
      `\`${texts.length},\`${texts.length}.00,\`0.0${texts.length}000`,
      '',
    ].join('\r\n')

  it.each(['总交易单数', '总交易单数量', '总交易单数,订单总金额', '总笔数', '资金流水总笔数：1', '总交易单数 '])(
    'stays a row, and those behind it are read: %s',
    async text => {
      for (const tick of ['', '`'])
        for (const texts of [[text], [text, '茶'], ['茶', text, text]]) {
          const { rows, summary } = await read(bill(tick, ...texts))
          expect(rows.map(row => row.商品名称)).toEqual(texts)
          expect(summary).toMatchObject({ 总交易单数: texts.length, 订单总金额: 100 * texts.length })
        }
    },
  )

  it('is an error where its bill breaks off behind it', async () => {
    const whole = bill('`', '总交易单数', '茶')
    const cut = whole.slice(0, whole.indexOf('`茶'))
    expect(await failure(read(cut))).toMatchObject({ code: 'BILL_CUT_SHORT' })
    expect(await failure(read(cut.trimEnd()))).toMatchObject({ code: 'BILL_CUT_SHORT' })
  })
})

describe('whatever the values', () => {
  /** Characters of a value: bills escape those that would end a value or a line, and allow any other comma, quote or backtick. */
  const value = fc
    .string({ unit: fc.constantFrom('a', ' ', ',', '"', "'", '`', '\\', '\t', '茶', 'é', '😀', '\r', '\u2028', '0') })
    .filter(text => !text.includes(',`') && !/,$/.test(text) && !/\r$/.test(text))
  /** Titles that a summary may begin with: a merchant may choose such a text. */
  const title = fc.constantFrom(
    '总交易单数',
    '总交易单数：茶',
    '总笔数',
    '资金流水总笔数,手续费总金额',
    '总交易单数\rx',
    '收入笔数',
  )
  const amount = fc.integer({ min: -(10 ** 12), max: 10 ** 12 })
  const yuan = (fen: number) => `${fen < 0 ? '-' : ''}${String(Math.abs(fen)).padStart(3, '0').replace(/(..)$/, '.$1')}`
  const row = fc.record({ 名: fc.oneof(value, title), 手续费: amount, 注: fc.oneof(value, title) })

  it('a bill reads as it was written, however its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row),
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('', '\ufeff'),
        fc.constantFrom('', '`'),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (rows, end, mark, tick, cuts) => {
          const total = rows.reduce((sum, one) => sum + one.手续费, 0)
          const text = [
            `${mark}${tick}名,${tick}手续费,${tick}注`,
            ...rows.map(one => `\`${one.名},\`${yuan(one.手续费)}000,\`${one.注}`),
            `${tick}总交易单数,${tick}手续费总金额,${tick}附`,
            `\`${rows.length},\`${yuan(total)},\`x`,
          ].join(end)
          expect(await read(text + end, cuts)).toEqual({
            rows,
            summary: { 总交易单数: rows.length, 手续费总金额: total, 附: 'x' },
          })
        },
      ),
    )
  })

  it('a bill cut anywhere before its summary has ended is an error', async () => {
    const bytes = utf8(ALL)
    const end = utf8(ALL.trimEnd()).length - '37.05'.length
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: end }), async length => {
        const { code } = await failure(readAll(parseBill(stream(bytes.slice(0, length)))))
        // Of its last number the last digits may be missing: it is another then, or none.
        return code === (length < end ? 'BILL_CUT_SHORT' : 'BILL_SUMMARY_MISMATCH')
      }),
    )
  })
})
