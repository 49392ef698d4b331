import { seal } from '../../../../core/crypto/rsa.ts'
import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import type { Transfer } from '../../../accounts/transfers/transfers.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { requireName } from '../../resources/transfer.ts'
import type { Reply, Route } from '../../route.ts'
import { requireApplication } from '../merchant.ts'

const ROOT = '/v3/fund-app/mch-transfer/transfer-bills'
const RULES: Rules = {
  out_bill_no: { pattern: /^[\dA-Za-z]{1,32}$/ },
  openid: { maxLength: 64 },
  transfer_amount: { minimum: 1 },
  transfer_remark: { maxLength: 32 },
  notify_url: { maxLength: 256 },
}

/** The definition and the rules have been checked when a body is read as this. */
interface TransferBody {
  readonly appid: string
  readonly out_bill_no: string
  readonly openid: string
  readonly user_name?: string
  readonly transfer_amount: number
  readonly transfer_remark: string
  readonly notify_url?: string
}

/** 商家转账, which the shopper confirms. */
export const transfers: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}`,
    rules: RULES,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const given = body as unknown as TransferBody
      requireName(given, '/user_name')
      const { appid, out_bill_no, openid, user_name, transfer_amount, transfer_remark, notify_url } = given
      const transfer = context.transfers.place({
        ...{ appid, mchid: context.merchant.mchid, out_bill_no, openid, user_name, transfer_amount, transfer_remark },
        notify_url,
        fingerprint: fingerprintOf(body),
      })
      const { transfer_bill_no, state, fail_reason, created } = transfer
      return {
        status: 200,
        body: {
          ...{ out_bill_no, transfer_bill_no, create_time: rfc3339(created), state, fail_reason },
          ...(state === 'WAIT_USER_CONFIRM' && { package_info: transfer.package_info }),
        },
      }
    },
  },
  {
    endpoint: `GET ${ROOT}/out-bill-no/{out_bill_no}`,
    handle: ({ path }, context) => reply(context.transfers.query(path.out_bill_no!), context),
  },
  {
    endpoint: `GET ${ROOT}/transfer-bill-no/{transfer_bill_no}`,
    handle: ({ path }, context) => reply(context.transfers.queryByNumber(path.transfer_bill_no!), context),
  },
  {
    endpoint: `POST ${ROOT}/out-bill-no/{out_bill_no}/cancel`,
    handle({ path }, { transfers }) {
      const { out_bill_no, transfer_bill_no, state, updated } = transfers.cancel(path.out_bill_no!)
      return { status: 200, body: { out_bill_no, transfer_bill_no, state, update_time: rfc3339(updated) } }
    },
  },
]

async function reply(transfer: Transfer, { encryptionKey, crypto }: SimulatorContext): Promise<Reply> {
  const { mchid: mch_id, out_bill_no, transfer_bill_no, appid, state, transfer_amount, transfer_remark } = transfer
  const { fail_reason, openid, user_name, created, updated, package_info } = transfer
  return {
    status: 200,
    body: {
      ...{ mch_id, out_bill_no, transfer_bill_no, appid, state, transfer_amount, transfer_remark, fail_reason, openid },
      user_name: user_name && (await seal(user_name, encryptionKey, crypto)),
      ...{ create_time: rfc3339(created), update_time: rfc3339(updated) },
      ...(state === 'WAIT_USER_CONFIRM' && { package_info }),
    },
  }
}
