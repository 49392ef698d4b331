import { fingerprintOf } from '../../accounts/fingerprint.ts'
import type { RedPacket } from '../../accounts/red-packets/red-packet.ts'
import type { Rules } from '../../catalogue/rules.ts'
import { dateTime } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'
import type { ResponseFields } from '../message.ts'
import { ResultRefusal } from '../refusal.ts'
import type { Route, RouteInput } from '../route.ts'

const RULES: Rules = {
  mch_billno: { pattern: /^[\dA-Za-z]{1,28}$/ },
  send_name: { maxLength: 32 },
  total_amount: { minimum: 1 },
  wishing: { maxLength: 128 },
  act_name: { maxLength: 32 },
  remark: { maxLength: 256 },
}
/** Documented: other amounts, in fen, need a scene_id. */
const USUAL_AMOUNT = { min: 100, max: 200_00 }

/** 现金红包. */
export const redPacketRoutes: readonly Route[] = [
  {
    endpoint: 'POST /mmpaymkttransfers/sendredpack',
    rules: RULES,
    handle: (params, context) => sentFields(send(params, context)),
  },
  {
    endpoint: 'POST /mmpaymkttransfers/sendminiprogramhb',
    rules: RULES,
    handle(params, context) {
      const packet = send(params, context)
      const { send_listid, mch_id } = packet
      // Only WeChat verifies the sign of the package, which the mini program passes on as it is.
      return {
        ...sentFields(packet),
        package: `sendid=${send_listid}&ver=8&sign=${packet.fingerprint}&mch_id=${mch_id}`,
      }
    },
  },
  {
    endpoint: 'POST /mmpaymkttransfers/gethbinfo',
    rules: { mch_billno: RULES.mch_billno! },
    handle: ({ mch_billno }, { redPackets }) => packetFields(redPackets.require(mch_billno!)),
  },
]

function send(params: RouteInput, { redPackets }: SimulatorContext): RedPacket {
  const { nonce_str: _nonce, sign: _sign, sign_type: _type, ...parameters } = params
  const total_amount = Number(params.total_amount)
  if (params.total_num !== '1') throw new ResultRefusal('PARAM_ERROR', '参数错误，普通红包的total_num须为1')
  if (!params.scene_id && (total_amount < USUAL_AMOUNT.min || total_amount > USUAL_AMOUNT.max))
    throw new ResultRefusal('MONEY_LIMIT', '红包金额大于200或者小于1元时，scene_id必传')
  return redPackets.send({
    mch_billno: params.mch_billno!,
    mch_id: params.mch_id!,
    wxappid: params.wxappid!,
    re_openid: params.re_openid!,
    total_amount,
    wishing: params.wishing!,
    act_name: params.act_name!,
    remark: params.remark!,
    fingerprint: fingerprintOf(parameters),
  })
}

const sentFields = ({
  mch_billno,
  mch_id,
  wxappid,
  re_openid,
  total_amount,
  send_listid,
}: RedPacket): ResponseFields => ({
  mch_billno,
  mch_id,
  wxappid,
  re_openid,
  total_amount,
  send_listid,
})

function packetFields(packet: RedPacket): ResponseFields {
  const { mch_billno, mch_id, total_amount, re_openid: openid, receivedAt, refundedAt } = packet
  return {
    mch_billno,
    mch_id,
    detail_id: packet.send_listid,
    status: packet.status,
    send_type: 'API',
    hb_type: 'NORMAL',
    total_num: 1,
    total_amount,
    send_time: dateTime(packet.sentAt),
    ...(refundedAt !== undefined && { refund_time: dateTime(refundedAt), refund_amount: total_amount }),
    wishing: packet.wishing,
    remark: packet.remark,
    act_name: packet.act_name,
    ...(receivedAt !== undefined && {
      hblist: { hbinfo: [{ openid, amount: total_amount, rcv_time: dateTime(receivedAt) }] },
    }),
  }
}
