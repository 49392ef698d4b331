import { encrypt } from '../../../../core/crypto/rsa.ts'
import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import type { Transfer } from '../../../accounts/transfers/transfers.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication } from '../../request/merchant.ts'
import type { Route, RouteResult } from '../../route.ts'

const ROOT = '/v3/fund-app/mch-transfer/transfer-bills'
const RULES: Rules = {
  out_bill_no: { pattern: /^[\dA-Za-z]{1,32}$/ },
  openid: { maxLength: 64 },
  transfer_amount: { minimum: 1 },
  transfer_remark: { maxLength: 32 },
  notify_url: { maxLength: 256 },
}

/** Body of a request to transfer, once it has been checked. */
interface TransferBody {
  readonly appid: string
  readonly out_bill_no: string
  readonly openid: string
  readonly user_name?: string
  readonly transfer_amount: number
  readonly transfer_remark: string
  readonly notify_url?: string
}

/** 商家转账, which the shopper must confirm. */
export const transferRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}`,
    rules: RULES,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const request = body as unknown as TransferBody
      requireName(request, '/user_name')
      const { out_bill_no } = request
      const transfer = context.transfers.place({
        appid: request.appid,
        mchid: context.merchant.mchid,
        out_bill_no,
        openid: request.openid,
        user_name: request.user_name,
        transfer_amount: request.transfer_amount,
        transfer_remark: request.transfer_remark,
        notify_url: request.notify_url,
        fingerprint: fingerprintOf(body),
      })
      const { transfer_bill_no, state, fail_reason, createdAt, package_info } = transfer
      return {
        status: 200,
        body: {
          out_bill_no,
          transfer_bill_no,
          create_time: rfc3339(createdAt),
          state,
          fail_reason,
          ...(state === 'WAIT_USER_CONFIRM' && { package_info }),
        },
      }
    },
  },
  {
    endpoint: `GET ${ROOT}/out-bill-no/{out_bill_no}`,
    handle: ({ path }, context) => transferResult(context.transfers.query(path.out_bill_no!), context),
  },
  {
    endpoint: `GET ${ROOT}/transfer-bill-no/{transfer_bill_no}`,
    handle: ({ path }, context) => transferResult(context.transfers.queryByNumber(path.transfer_bill_no!), context),
  },
  {
    endpoint: `POST ${ROOT}/out-bill-no/{out_bill_no}/cancel`,
    handle({ path }, { transfers }) {
      const { out_bill_no, transfer_bill_no, state, updatedAt } = transfers.cancel(path.out_bill_no!)
      return { status: 200, body: { out_bill_no, transfer_bill_no, state, update_time: rfc3339(updatedAt) } }
    },
  },
]

async function transferResult(transfer: Transfer, { encryptionKey, crypto }: SimulatorContext): Promise<RouteResult> {
  const { user_name, state, package_info } = transfer
  return {
    status: 200,
    body: {
      mch_id: transfer.mchid,
      out_bill_no: transfer.out_bill_no,
      transfer_bill_no: transfer.transfer_bill_no,
      appid: transfer.appid,
      state,
      transfer_amount: transfer.transfer_amount,
      transfer_remark: transfer.transfer_remark,
      fail_reason: transfer.fail_reason,
      openid: transfer.openid,
      user_name: user_name && (await encrypt(user_name, encryptionKey, crypto)),
      create_time: rfc3339(transfer.createdAt),
      update_time: rfc3339(transfer.updatedAt),
      ...(state === 'WAIT_USER_CONFIRM' && { package_info }),
    },
  }
}

interface NamedTransfer {
  readonly transfer_amount: number
  readonly user_name?: string | undefined
}

/** Documented: the name is required from 2,000 yuan on. */
const MIN_AMOUNT_REQUIRING_NAME = 2000_00
/** Documented: the name is not accepted below 0.30 yuan. */
const MIN_AMOUNT_ALLOWING_NAME = 30

/**
 * Checks that the receiver's name is present or absent, as the amount requires.
 *
 * @param field JSON pointer of the name
 */
export function requireName({ transfer_amount, user_name }: NamedTransfer, field: string): void {
  const issue =
    transfer_amount >= MIN_AMOUNT_REQUIRING_NAME && !user_name
      ? 'required from 2,000 yuan on'
      : transfer_amount < MIN_AMOUNT_ALLOWING_NAME && user_name
        ? 'not accepted below 0.30 yuan'
        : undefined
  if (issue)
    throw paramError('参数错误，转账金额大于等于2000元时收款用户姓名必填，小于0.3元时不支持传入', {
      field,
      issue,
      location: 'body',
    })
}
