import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { TransferAuthorization } from '../../../accounts/transfer-authorizations/transfer-authorizations.ts'
import type { Transfer } from '../../../accounts/transfers/transfers.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication } from '../../request/merchant.ts'
import { authorizationBody } from '../../resources/transfer-authorization.ts'
import type { Fields, Route, RouteInput, RouteResult } from '../../route.ts'
import { requireName } from './transfers.ts'

const ROOT = '/v3/fund-app/mch-transfer'
const ONE = `${ROOT}/user-confirm-authorization/out-authorization-no/{out_authorization_no}` as const

const NUMBER = { pattern: /^[\dA-Za-z]{1,32}$/ }
const RULES: Rules = {
  out_authorization_no: NUMBER,
  out_bill_no: NUMBER,
  transfer_amount: { minimum: 1 },
  transfer_remark: { maxLength: 32 },
  notify_url: { maxLength: 256 },
}

/** 商家转账 with an authorization of the shopper (免确认收款授权). */
export const transferAuthorizationRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}/user-confirm-authorization`,
    rules: RULES,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const { authorization_notify_url } = body
      const authorization = requestAuthorization({ ...body, authorization_notify_url }, undefined, body, context)
      const { out_authorization_no, state, createdAt, package_info } = authorization
      return { status: 200, body: { out_authorization_no, state, create_time: rfc3339(createdAt), package_info } }
    },
  },
  {
    endpoint: `GET ${ONE}`,
    handle({ path }, { transferAuthorizations }) {
      const authorization = transferAuthorizations.require(path.out_authorization_no!)
      const { state, package_info } = authorization
      const body = authorizationBody(authorization)
      return { status: 200, body: { ...body, ...(state === 'WAIT_USER_CONFIRM' && { package_info }) } }
    },
  },
  {
    endpoint: `POST ${ONE}/close`,
    handle: ({ path }, { transferAuthorizations }) => ({
      status: 200,
      body: authorizationBody(transferAuthorizations.close(path.out_authorization_no!, 'CLOSE_VIA_MCH_API')),
    }),
  },
  { endpoint: `POST ${ROOT}/transfer-bills/pre-transfer-with-authorization`, rules: RULES, handle: preTransfer },
  { endpoint: `POST ${ROOT}/transfer-bills/transfer`, rules: RULES, handle: transfer },
]

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value))

function requestAuthorization(
  named: Fields,
  out_bill_no: string | undefined,
  request: Fields,
  { transferAuthorizations, merchant }: SimulatorContext,
): TransferAuthorization {
  return transferAuthorizations.request({
    out_authorization_no: String(named.out_authorization_no),
    mchid: merchant.mchid,
    appid: String(request.appid),
    openid: String(request.openid),
    transfer_scene_id: String(request.transfer_scene_id),
    user_display_name: String(named.user_display_name),
    user_recv_perception: textOf(request.user_recv_perception),
    notify_url: textOf(named.authorization_notify_url),
    out_bill_no,
    fingerprint: fingerprintOf(request),
  })
}

/** Places a transfer, with the receiver that a call or its authorization names. */
function place(
  body: Fields,
  openid: string,
  isConfirmed: boolean,
  { transfers, merchant }: SimulatorContext,
): Transfer {
  const transfer_amount = Number(body.transfer_amount)
  const user_name = textOf(body.user_name)
  requireName({ transfer_amount, user_name }, '/user_name')
  const draft = {
    appid: String(body.appid),
    mchid: merchant.mchid,
    out_bill_no: String(body.out_bill_no),
    openid,
    user_name,
    transfer_amount,
    transfer_remark: String(body.transfer_remark),
    notify_url: textOf(body.notify_url),
    fingerprint: fingerprintOf(body),
  }
  return isConfirmed ? transfers.placeConfirmed(draft) : transfers.place(draft)
}

/** Places a transfer whose confirmation by the shopper is the authorization too. */
function preTransfer({ body }: RouteInput, context: SimulatorContext): RouteResult {
  requireApplication(body.appid, context)
  const info = body.authorization_info as Fields | undefined
  const number = textOf(info?.out_authorization_no)
  const earlier = number === undefined ? undefined : context.transferAuthorizations.find(number)
  if (earlier && earlier.out_bill_no !== body.out_bill_no) throw new Rejection('AUTHORIZATION_NUMBER_USED', number)
  const { out_bill_no, transfer_bill_no, state, createdAt, package_info } = place(
    body,
    String(body.openid),
    false,
    context,
  )
  const authorization = info && requestAuthorization(info, out_bill_no, body, context)
  return {
    status: 200,
    body: {
      out_bill_no,
      transfer_bill_no,
      create_time: rfc3339(createdAt),
      state,
      ...(state === 'WAIT_USER_CONFIRM' && { package_info }),
      user_display_name: authorization?.user_display_name,
      out_authorization_no: authorization?.out_authorization_no,
    },
  }
}

/** Transfers to a shopper who has authorized it: nobody has to confirm. */
function transfer({ body }: RouteInput, context: SimulatorContext): RouteResult {
  requireApplication(body.appid, context)
  const authorization_id = textOf(body.authorization_id)
  const out_authorization_no = textOf(body.out_authorization_no)
  if ((authorization_id === undefined) === (out_authorization_no === undefined))
    throw paramError('参数错误，微信免确认收款授权单号与商户侧授权单号必须二选一', {
      field: '/authorization_id',
      issue: 'exactly one of authorization_id and out_authorization_no is required',
      location: 'body',
    })
  const repeated = context.transfers.find(String(body.out_bill_no))
  const named = {
    ...(authorization_id !== undefined && { authorization_id }),
    ...(out_authorization_no !== undefined && { out_authorization_no }),
  }
  // A repetition is answered even if the authorization has been closed since.
  const openid = repeated?.openid ?? context.transferAuthorizations.requireEffective(named).openid
  const placed = place(body, openid, true, context)
  return {
    status: 200,
    body: {
      mch_id: placed.mchid,
      out_bill_no: placed.out_bill_no,
      transfer_bill_no: placed.transfer_bill_no,
      appid: placed.appid,
      state: placed.state,
      transfer_amount: placed.transfer_amount,
      transfer_remark: placed.transfer_remark,
      openid: placed.openid,
      create_time: rfc3339(placed.createdAt),
      update_time: rfc3339(placed.updatedAt),
    },
  }
}
