import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Formatter } from 'wechatpay-axios-plugin'
import { utf8 } from '../../../../src/core/base/bytes.ts'
import { parseBill } from '../../../../src/flows/bill/index.ts'
import { failure, read, readAll, stream } from '../reading.ts'
import { ALL, FUND_FLOW, PROFIT_SHARING, REFUND, SUCCESS } from '../samples.ts'

it.each(Object.entries({ ALL, SUCCESS, REFUND, FUND_FLOW, PROFIT_SHARING }))(
  'a bill %s has the rows that wechatpay-axios-plugin reads',
  async (_, text) => {
    const judged = Formatter.castCsvBill(Buffer.from(`\ufeff${text}`)) as { rows: Record<string, string>[] }
    const { rows } = await read(text)
    const asText = rows.map(row =>
      Object.fromEntries(
        Object.entries(row).map(([title, value]) => [
          title,
          typeof value === 'number' ? (value / 100).toFixed(2) : value,
        ]),
      ),
    )
    const judgedAsText = judged.rows.map(row =>
      Object.fromEntries(Object.entries(row).map(([title, value]) => [title, value.replace(/(\.\d\d)000$/, '$1')])),
    )
    expect(asText).toEqual(judgedAsText)
  },
)

it('what node:zlib zipped is unzipped, however its bytes are cut', async () => {
  const plain = await read(ALL)
  const zipped = new Uint8Array(gzipSync(ALL))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { maxLength: 10 }), async cuts => {
      expect(await readAll(parseBill(stream(zipped, cuts)))).toEqual(plain)
    }),
  )
})

it('an archive that was cut or changed anywhere is an error', async () => {
  const zipped = new Uint8Array(gzipSync(ALL))
  for (let length = 2; length < zipped.length; length += 7) {
    const { name } = await failure(readAll(parseBill(stream(zipped.slice(0, length)))))
    expect(name, String(length)).toBe('BillError')
  }
  // Behind the header, whose time and system prove nothing.
  for (let at = 10; at < zipped.length; at += 7) {
    const changed = zipped.slice()
    changed[at]! ^= 0x55
    expect(() => gunzipSync(changed)).toThrow()
    expect((await failure(readAll(parseBill(stream(changed))))).name, String(at)).toBe('BillError')
  }
})

it('what is kept of a bill does not keep the rest of it', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const COUNT = 100_000
  const [titles, row] = ALL.split('\r\n') as [string, string]
  async function* chunks() {
    yield utf8(`${titles}\r\n`)
    for (let at = 0; at < COUNT; at++) yield utf8(`${row.replace('outtradeno001', String(at).padStart(32, '0'))}\r\n`)
    yield utf8(`总交易单数\r\n\`${COUNT}`)
  }
  const kept: unknown[] = []
  collect()
  const before = process.memoryUsage().heapUsed
  for await (const { 商户订单号 } of parseBill(chunks()).rows) kept.push(商户订单号)
  collect()
  // 30 MB, and twice as many in memory, have gone by.
  expect((process.memoryUsage().heapUsed - before) / COUNT).toBeLessThan(200)
  expect([kept.length, kept[77]]).toEqual([COUNT, '77'.padStart(32, '0')])
})
