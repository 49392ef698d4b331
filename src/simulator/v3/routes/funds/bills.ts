import { utf8 } from '../../../../core/base/bytes.ts'
import { sha1 } from '../../../../core/crypto/digest.ts'
import type { AccountType } from '../../../accounts/funds.ts'
import { isBillDay } from '../../../bill/day.ts'
import { gzip } from '../../../bill/downloads.ts'
import { encryptedParts } from '../../../bill/encrypted.ts'
import { fundFlowBill, subMerchantsFundFlowBill } from '../../../bill/fund-flow.ts'
import { profitSharingBill } from '../../../bill/profit-sharing.ts'
import { type TradeBillType, tradeBill } from '../../../bill/trade.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError, V3Refusal } from '../../refusal.ts'
import type { Route, RouteInput, RouteResult } from '../../route.ts'

const DATE: Rules = { bill_date: { pattern: /^\d{4}-\d\d-\d\d$/ } }

/** Rules of encrypted bills. SM4 is not supported, because WebCrypto lacks it. */
const ENCRYPTED: Rules = { ...DATE, algorithm: { enum: ['AEAD_AES_256_GCM'] } }

export const billRoutes: readonly Route[] = [
  {
    endpoint: 'GET /v3/bill/tradebill',
    rules: { ...DATE, bill_type: { enum: ['ALL', 'SUCCESS', 'REFUND'] } },
    handle({ origin, query }, context) {
      const { bill_date, bill_type = 'ALL', sub_mchid } = query
      return offer(tradeBill(bill_date!, bill_type as TradeBillType, context, sub_mchid), origin, query, context)
    },
  },
  {
    endpoint: 'GET /v3/bill/fundflowbill',
    rules: DATE,
    handle({ origin, query }, context) {
      const { bill_date, account_type = 'BASIC', sub_mchid = context.merchant.mchid } = query
      return offer(
        fundFlowBill(bill_date!, sub_mchid, account_type as AccountType, context.world.contexts(), 'v3'),
        origin,
        query,
        context,
      )
    },
  },
  {
    endpoint: 'GET /v3/bill/sub-merchant-fundflowbill',
    rules: ENCRYPTED,
    handle({ origin, query }, context) {
      const { bill_date, account_type, sub_mchid } = query
      const accounts = context.world.contexts()
      const text = fundFlowBill(bill_date!, sub_mchid!, account_type as AccountType, accounts, 'v3')
      return offerEncrypted(text, origin, query, context)
    },
  },
  {
    endpoint: 'GET /v3/ecommerce/bill/fundflowbill',
    rules: ENCRYPTED,
    handle({ origin, query }, context) {
      const { boundSubMerchants, world } = context
      const isSubMerchant = (mchid: string): boolean =>
        boundSubMerchants ? boundSubMerchants.has(mchid) : world.contextOf(mchid) === undefined
      const text = subMerchantsFundFlowBill(query.bill_date!, isSubMerchant, world.contexts())
      return offerEncrypted(text, origin, query, context)
    },
  },
  {
    endpoint: 'GET /v3/profitsharing/bills',
    rules: DATE,
    handle: ({ origin, query }, context) =>
      offer(
        profitSharingBill(query.bill_date!, context.merchant.mchid, context, query.sub_mchid),
        origin,
        query,
        context,
      ),
  },
  {
    endpoint: 'GET /v3/billdownload/file',
    handle({ query }, { downloads }) {
      const body = downloads.find(query.token!)
      if (!body)
        throw paramError('token不合法或已过期', { field: 'token', issue: 'unknown or expired', location: 'query' })
      const type = query.tartype === 'gzip' ? 'application/x-gzip' : 'text/plain'
      return { status: 200, body, unsigned: true, type }
    },
  },
]

/** @throws {V3Refusal} there is no bill of the day */
function requireBill(text: string | undefined, { bill_date }: RouteInput['query'], { now }: SimulatorContext): string {
  if (text !== undefined && isBillDay(bill_date!, now())) return text
  throw new V3Refusal(400, 'NO_STATEMENT_EXIST', '请求的账单文件不存在')
}

async function offerEncrypted(
  text: string | undefined,
  origin: string,
  query: RouteInput['query'],
  context: SimulatorContext,
): Promise<RouteResult> {
  const bill = requireBill(text, query, context)
  const download_bill_list = await encryptedParts(bill, origin, query.tar_type === 'GZIP', context)
  return { status: 200, body: { download_bill_count: download_bill_list.length, download_bill_list } }
}

/** Creates the reply with a bill's download URL and its hash, which is that of the uncompressed bill. */
async function offer(
  text: string | undefined,
  origin: string,
  query: RouteInput['query'],
  context: SimulatorContext,
): Promise<RouteResult> {
  const { downloads, crypto } = context
  const plain = utf8(requireBill(text, query, context))
  const zipped = query.tar_type === 'GZIP'
  const token = downloads.add(zipped ? await gzip(plain) : plain)
  const download_url = `${origin}/v3/billdownload/file?token=${token}${zipped ? '&tartype=gzip' : ''}`
  return { status: 200, body: { hash_type: 'SHA1', hash_value: await sha1(plain, crypto), download_url } }
}
