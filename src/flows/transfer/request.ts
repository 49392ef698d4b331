import type { Wechatpay } from '../../core/client/client.ts'
import type { CallOptions, Reply } from '../../definitions/call.ts'
import type {
  V3FundAppMchTransferPartnerTransferBillsPostRequest,
  V3FundAppMchTransferPartnerTransferBillsPreTransferWithAuthorizationPostRequest,
  V3FundAppMchTransferPartnerTransferBillsTransferPostRequest,
  V3FundAppMchTransferTransferBillsPostRequest,
  V3FundAppMchTransferTransferBillsPreTransferWithAuthorizationPostRequest,
  V3FundAppMchTransferTransferBillsTransferPostRequest,
} from '../../definitions/generated/types.ts'
import { requireAmount } from '../checks.ts'
import { requireTransferName } from './query.ts'

/** A transfer that the user confirms (发起转账); with `sub_mchid` from a sub-merchant's account. */
type ConfirmedRequest =
  | V3FundAppMchTransferTransferBillsPostRequest
  | V3FundAppMchTransferPartnerTransferBillsPostRequest
/** The same, which also asks the user to authorize later ones (发起转账并完成免确认收款授权), marked by `authorization_info`. */
type AuthorizingRequest = (
  | V3FundAppMchTransferTransferBillsPreTransferWithAuthorizationPostRequest
  | V3FundAppMchTransferPartnerTransferBillsPreTransferWithAuthorizationPostRequest
) & { authorization_info: object }
/** A transfer that the user has authorized (用户授权后转账), marked by its `authorization_id`. */
type AuthorizedRequest =
  | V3FundAppMchTransferTransferBillsTransferPostRequest
  | V3FundAppMchTransferPartnerTransferBillsTransferPostRequest

/** Request for a transfer (商家转账); its fields determine the endpoint. `transfer_amount` is in fen. */
export type TransferRequest = ConfirmedRequest | AuthorizingRequest | AuthorizedRequest

/** The fields of the response that all endpoints have in common. */
export interface TransferResponse {
  readonly out_bill_no: string
  readonly transfer_bill_no: string
  readonly state: string
  readonly fail_reason?: string
  readonly package_info?: string
}

/** @throws {CallError} `PARAMETER_INVALID`, `BODY_INVALID`: names the field */
export function requireTransferRequest(request: TransferRequest): void {
  requireTransferName(request)
  requireAmount(request.transfer_amount, 'transfer_amount')
}

/** Fields that determine the endpoint. */
interface Markers {
  readonly sub_mchid?: string
  readonly authorization_id?: string
  readonly authorization_info?: object
}

/** Sends a transfer to the endpoint that its fields determine. */
export function postTransfer(
  { v3 }: Wechatpay,
  request: TransferRequest,
  options: CallOptions,
): Promise<Reply<TransferResponse>> {
  const { transferBills, partner } = v3.fundApp.mchTransfer
  const { sub_mchid, authorization_id, authorization_info } = request as Markers
  const endpoints = sub_mchid === undefined ? transferBills : partner.transferBills
  const endpoint =
    authorization_id !== undefined
      ? endpoints.transfer
      : authorization_info !== undefined
        ? endpoints.preTransferWithAuthorization
        : endpoints
  return (endpoint.post as (body: object, options: CallOptions) => Promise<Reply<TransferResponse>>)(request, options)
}
