import type { StateMachine } from '../state-machine.ts'

/** State of a red packet (红包状态), in WeChat Pay's spelling. */
export type RedPacketStatus = 'SENT' | 'RECEIVED' | 'RFUND_ING' | 'REFUND'

/**
 * States of a red packet (现金红包): its receiver opens it within a day, or the money returns.
 *
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011981612
 */
export const RED_PACKET_STATES: StateMachine<RedPacketStatus, 'receive' | 'expire' | 'return'> = {
  initial: ['SENT'],
  transitions: [
    { from: 'SENT', event: 'receive', to: 'RECEIVED' },
    { from: 'SENT', event: 'expire', to: 'RFUND_ING' },
    { from: 'RFUND_ING', event: 'return', to: 'REFUND' },
  ],
}

/** A red packet as the merchant sends it, with the field names of APIv2, which is the only API that has it. */
export interface RedPacketDraft {
  readonly mch_billno: string
  readonly mch_id: string
  readonly wxappid: string
  readonly re_openid: string
  /** Fen. */
  readonly total_amount: number
  readonly wishing: string
  readonly act_name: string
  readonly remark: string
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface RedPacket extends RedPacketDraft {
  /** 微信单号, 红包单号. */
  readonly send_listid: string
  readonly status: RedPacketStatus
  /** ms */
  readonly sentAt: number
  /** ms */
  readonly receivedAt?: number
  /** Time at which the money came back to the account, ms. */
  readonly refundedAt?: number
}
