import { sha1 } from '@noble/hashes/legacy.js'
import { utf8 } from '../../../core/base/bytes.ts'
import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type {
  V3BillSubMerchantFundflowbillGetQuery,
  V3BillSubMerchantFundflowbillGetResponse,
  V3EcommerceBillFundflowbillGetQuery,
} from '../../../definitions/generated/types.ts'
import { BillError } from '../error.ts'
import { type Bill, createBill } from '../parse/parse.ts'
import type { FundFlowRow, FundFlowSummary } from '../parse/row.ts'
import { requireBillDate } from './date.ts'
import { requestFile } from './download.ts'
import { withDownloadErrors } from './downloaded.ts'
import { decryptGcm } from './gcm/decrypt.ts'
import { type ByteSource, openStream, toStream } from './stream.ts'
import { unzip } from './unzip.ts'
import { requireSha1, updateDigest, verifyHash } from './verify.ts'

/** Parameters of a sub-merchant's fund flow bill. It is encrypted with AES-256-GCM; SM4 is not supported. */
export type SubMerchantFundFlowBillQuery = Omit<V3BillSubMerchantFundflowbillGetQuery, 'algorithm'>

/** Parameters of the fund flow bill of all sub-merchants. `account_type`: `ALL`, the only one. */
export type EcommerceFundFlowBillQuery = Omit<V3EcommerceBillFundflowbillGetQuery, 'algorithm' | 'account_type'> & {
  account_type?: 'ALL'
}

type Part = NonNullable<V3BillSubMerchantFundflowbillGetResponse['download_bill_list']>[number]

/**
 * Downloads the fund flow bill of a sub-merchant (单个子商户资金账单), for partners and platforms. WeChat Pay encrypts it and
 * splits bills from 16 GB on into several parts. All parts are requested at once, because their URLs expire after a few
 * minutes; they are decrypted while they arrive and joined in order.
 *
 * Each part is verified at its end, by its GCM tag and its hash. The documentation describes the hash both as that of
 * the original file (原始账单, decrypted and unzipped) and as that of the downloaded file; either is accepted.
 *
 * @param client the partner's client
 * @param query `sub_mchid`; `account_type`: `BASIC`, `OPERATION`, `FEES`, `DEPOSIT`; `bill_date`: a past day in Beijing
 * time (UTC+8) within the last three months, in the form `2026-03-01`; `tar_type: 'GZIP'` for a compressed download
 * @param options apply to all calls; `signal` cancels the downloads too
 * @returns the bill with all its parts; iterating it throws {@link BillError} (`BILL_DECRYPTION_FAILED`,
 * `BILL_HASH_MISMATCH`, …), or `TransportError` if a download is interrupted
 * @throws {CallError} `QUERY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {BillError} `BILL_PARTS_MISSING`: WeChat Pay's list of parts is incomplete; `BILL_HASH_MISMATCH`: the hash is
 * not SHA-1
 * @throws {ServiceError} `NO_STATEMENT_EXIST`, `STATEMENT_CREATING`; `NO_AUTH`: 下载二级商户资金账单 is not enabled for the
 * platform
 * @example
 * ```ts
 * const query = { sub_mchid: '1900000109', bill_date: '2026-03-01', account_type: 'BASIC' } as const
 * const bill = await downloadSubMerchantFundFlowBill(wxpay, query)
 * for await (const row of bill.rows) console.log(row.业务名称, row.收支类型, row['收支金额(元)']) // fen
 * ```
 */
export function downloadSubMerchantFundFlowBill(
  client: Wechatpay,
  query: SubMerchantFundFlowBillQuery,
  options: CallOptions = {},
): Promise<Bill<FundFlowRow, FundFlowSummary>> {
  return download('v3/bill/sub-merchant-fundflowbill', client, query, options)
}

/**
 * Downloads the fund flow bill of all sub-merchants of a platform (二级商户资金账单, 平台收付通), with all their accounts. Works
 * like {@link downloadSubMerchantFundFlowBill}.
 *
 * @param client the platform's client
 * @param query `bill_date`, `tar_type` as in {@link downloadSubMerchantFundFlowBill}
 * @param options apply to all calls; `signal` cancels the downloads too
 * @throws {CallError} `QUERY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {BillError} `BILL_PARTS_MISSING`, `BILL_HASH_MISMATCH`
 * @throws {ServiceError} `NO_STATEMENT_EXIST`, `STATEMENT_CREATING`, `NO_AUTH`
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012760697
 * @example
 * ```ts
 * const bill = await downloadEcommerceFundFlowBill(wxpay, { bill_date: '2026-03-01', tar_type: 'GZIP' })
 * for await (const row of bill.rows) console.log(row.业务名称, row['收支金额(元)']) // fen
 * ```
 */
export function downloadEcommerceFundFlowBill(
  client: Wechatpay,
  query: EcommerceFundFlowBillQuery,
  options: CallOptions = {},
): Promise<Bill<FundFlowRow, FundFlowSummary>> {
  return download('v3/ecommerce/bill/fundflowbill', client, { account_type: 'ALL', ...query }, options)
}

async function download(
  path: string,
  client: Wechatpay,
  query: { readonly bill_date: string; readonly tar_type?: string },
  options: CallOptions,
): Promise<Bill<FundFlowRow, FundFlowSummary>> {
  requireBillDate(query.bill_date, 'v3')
  const params = { ...query, algorithm: 'AEAD_AES_256_GCM' }
  const { data } = await client.request('GET', path, { ...options, params })
  const parts = requireParts(data as V3BillSubMerchantFundflowbillGetResponse)
  const sources = await openParts(client, parts, options)
  const { crypto } = credentialsOf(client).account
  const cancel = async (): Promise<void> => {
    await Promise.all(sources.map(source => source.cancel()))
  }

  async function* file(): AsyncGenerator<Uint8Array> {
    try {
      for (const [at, part] of parts.entries()) {
        const { chunks } = sources[at]!
        yield* decryptPart(withDownloadErrors(chunks, options.signal), part, query.tar_type === 'GZIP', crypto)
      }
    } finally {
      await cancel().catch(() => {})
    }
  }
  return createBill(toStream(file(), cancel))
}

/**
 * Checks the list of parts and returns it in order.
 *
 * @throws {BillError} `BILL_PARTS_MISSING`, `BILL_HASH_MISMATCH`, `BILL_DECRYPTION_FAILED`
 */
function requireParts({
  download_bill_count,
  download_bill_list = [],
}: V3BillSubMerchantFundflowbillGetResponse): readonly Part[] {
  const parts = [...download_bill_list].sort((first, second) => first.bill_sequence - second.bill_sequence)
  const sequence = parts.map(({ bill_sequence }) => bill_sequence)
  if (parts.length === 0 || parts.length !== download_bill_count || sequence.some((number, at) => number !== at + 1))
    throw new BillError(
      'BILL_PARTS_MISSING',
      `has ${download_bill_count} parts, but WeChat Pay lists these numbers: ${sequence.join(', ') || 'none'}. Download it again`,
    )
  for (const { hash_type, encrypt_key, bill_sequence } of parts) {
    requireSha1(hash_type)
    if (utf8(encrypt_key).length !== 32)
      throw new BillError(
        'BILL_DECRYPTION_FAILED',
        `cannot be decrypted: the key of its part ${bill_sequence} does not have 32 bytes`,
      )
  }
  return parts
}

/** Requests all files at once, because their URLs expire. */
async function openParts(
  client: Wechatpay,
  parts: readonly Part[],
  options: CallOptions,
): Promise<readonly ByteSource[]> {
  const opened = await Promise.allSettled(
    parts.map(async ({ download_url }) => openStream(await requestFile(client, download_url, options))),
  )
  const sources = opened.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = opened.find(result => result.status === 'rejected')
  if (!failed) return sources
  await Promise.allSettled(sources.map(source => source.cancel()))
  throw failed.reason
}

/**
 * Decrypts and decompresses a part. Compressed bills are documented as compressed before encryption (先解密、再解压); the
 * reverse order, which merchants have reported, is read too.
 */
async function* decryptPart(
  chunks: AsyncGenerator<Uint8Array>,
  { bill_sequence, encrypt_key, nonce, hash_value }: Part,
  isZipped: boolean,
  crypto: Crypto,
): AsyncGenerator<Uint8Array> {
  const downloadedHash = sha1.create()
  const ciphertext = updateDigest(chunks, downloadedHash)
  let failure: unknown
  async function* withDecryptionErrors(): AsyncGenerator<Uint8Array> {
    const plain = decryptGcm(isZipped ? unzip(ciphertext) : ciphertext, utf8(encrypt_key), utf8(nonce), crypto)
    try {
      yield* plain
    } catch (cause) {
      failure =
        cause instanceof RangeError
          ? new BillError(
              'BILL_DECRYPTION_FAILED',
              `cannot be decrypted: its part ${bill_sequence} is damaged, cut short, or encrypted with another key. Download it again`,
              cause,
            )
          : cause
      throw failure
    }
  }
  try {
    yield* verifyHash(unzip(withDecryptionErrors()), hash_value, downloadedHash)
  } catch (error) {
    // Wrongly decrypted bytes do not decompress either; the decryption error is the cause.
    throw failure ?? error
  }
}
