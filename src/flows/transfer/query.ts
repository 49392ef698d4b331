import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import type { CallOptions, Reply } from '../../definitions/call.ts'
import type {
  V3FundAppMchTransferPartnerTransferBillsOutBillNoOutBillNoGetResponse,
  V3FundAppMchTransferTransferBillsOutBillNoOutBillNoGetResponse,
} from '../../definitions/generated/types.ts'
import { MCHID, optionalParameter, type ParameterFormat, requireParameter } from '../parameter.ts'
import { requireMatch } from '../response-match.ts'
import { QUERY_OPTIONS } from '../retries.ts'

/** Identifies a transfer, by the merchant's number (商户单号); with `sub_mchid` for a sub-merchant's (服务商). */
export interface TransferName {
  readonly out_bill_no: string
  readonly sub_mchid?: string | undefined
}

export type MerchantTransfer = V3FundAppMchTransferTransferBillsOutBillNoOutBillNoGetResponse
export type PartnerTransfer = V3FundAppMchTransferPartnerTransferBillsOutBillNoOutBillNoGetResponse
/** The response to the query of a transfer. */
export type TransferOf<Name> = Name extends { readonly sub_mchid: string } ? PartnerTransfer : MerchantTransfer
export type AnyTransfer = MerchantTransfer | PartnerTransfer

const OUT_BILL_NO: ParameterFormat = [/^[\dA-Za-z]{1,32}$/, '1 to 32 digits and letters']

/** @throws {CallError} `PARAMETER_INVALID` */
export function requireTransferName({ out_bill_no, sub_mchid }: TransferName): void {
  requireParameter(out_bill_no, 'out_bill_no', OUT_BILL_NO)
  optionalParameter(sub_mchid, 'sub_mchid', MCHID)
}

/**
 * Queries a transfer (商户单号查询转账单). WeChat Pay finds transfers of the last 30 days.
 *
 * @throws {ServiceError} for example because the transfer does not exist
 * @throws {ResponseMismatchError} the response is about another transfer
 */
export async function queryTransfer(client: Wechatpay, name: TransferName, options: CallOptions): Promise<AnyTransfer> {
  const reply = await sendQuery(client, name, { ...options, ...QUERY_OPTIONS })
  requireMatch(transferIdentity(name, credentialsOf(client).account.mchid), {
    ...reply,
    data: withMerchant(reply.data),
  })
  return reply.data
}

const sendQuery = (
  { v3 }: Wechatpay,
  { out_bill_no, sub_mchid }: TransferName,
  options: CallOptions,
): Promise<Reply<AnyTransfer>> => {
  const { transferBills, partner } = v3.fundApp.mchTransfer
  return sub_mchid === undefined
    ? transferBills.outBillNo._out_bill_no_.get({ ...options, out_bill_no })
    : partner.transferBills.outBillNo._out_bill_no_.get({ ...options, out_bill_no, params: { sub_mchid } })
}

/** Returns the fields that a response or a notification about the transfer must have. */
export const transferIdentity = (
  { out_bill_no, sub_mchid }: TransferName,
  mchid: string,
): Readonly<Record<string, unknown>> => ({ out_bill_no, mchid, sub_mchid })

/** Gives the merchant one name: the query of a merchant and notifications have it as `mch_id`, partners as `mchid`. */
export function withMerchant(transfer: object): object {
  const { mch_id, mchid = mch_id, ...more } = transfer as { mch_id?: string; mchid?: string }
  return { ...more, mchid }
}
