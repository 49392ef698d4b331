import { type Bytes, utf8 } from '../../../core/bytes.ts'
import { sha1 } from '../../../core/crypto/digest.ts'
import { nonce } from '../../../core/crypto/nonce.ts'
import { type BillType, tradeBill } from '../../bill.ts'
import type { Field } from '../fields.ts'
import { paramError, Refusal } from '../refusal.ts'
import type { Route } from '../route.ts'

/** A bill as it was when it was asked for: its hash has been handed out. */
export interface Bill {
  content: Bytes
}

/** Download URLs are short-lived; here the oldest make room. */
const MOST_BILLS = 100

const QUERY: readonly Field[] = [
  { name: 'bill_date', label: '账单日期', type: 'string', required: true, pattern: /^\d{4}-\d\d-\d\d$/ },
  { name: 'bill_type', label: '账单类型', type: 'string', enum: ['ALL', 'SUCCESS', 'REFUND'] },
  { name: 'tar_type', label: '压缩类型', type: 'string', enum: ['GZIP'] },
]

export const bills: readonly Route[] = [
  {
    method: 'GET',
    path: '/v3/bill/tradebill',
    query: QUERY,
    async handle({ query }, { orders, refunds, bills, crypto }) {
      const text = tradeBill(query.bill_date!, (query.bill_type ?? 'ALL') as BillType, orders, refunds)
      if (text === undefined) throw new Refusal(400, 'NO_STATEMENT_EXIST', '请求的账单文件不存在')
      const plain = utf8(text)
      const token = nonce(crypto)
      bills.set(token, { content: query.tar_type === 'GZIP' ? await gzip(plain) : plain })
      if (bills.size > MOST_BILLS) bills.delete(bills.keys().next().value!)
      const zipped = query.tar_type === 'GZIP' ? '&tartype=gzip' : ''
      const download_url = `https://api.mch.weixin.qq.com/v3/billdownload/file?token=${token}${zipped}`
      // The hash is of the bill, not of its archive.
      return { status: 200, body: { hash_type: 'SHA1', hash_value: await sha1(plain, crypto), download_url } }
    },
  },
  {
    method: 'GET',
    path: '/v3/billdownload/file',
    query: [{ name: 'token', label: '下载token', type: 'string', required: true }],
    handle({ query }, { bills }) {
      const bill = bills.get(query.token!)
      if (!bill)
        throw paramError('token不合法或已过期', { field: 'token', issue: 'unknown or expired', location: 'query' })
      return { status: 200, body: bill.content, unsigned: true, type: 'application/octet-stream' }
    },
  },
]

async function gzip(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
