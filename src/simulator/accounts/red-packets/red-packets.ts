import { DAY, MINUTE } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import type { RecordKeys } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { requireStateAfter, stateAfter } from '../state-machine.ts'
import { createTransferRecords } from '../transfers/transfer-records.ts'
import { RED_PACKET_STATES, type RedPacket, type RedPacketDraft } from './red-packet.ts'

/** Red packets (现金红包), paid from the operation account. One that nobody opens within a day returns. */
export interface RedPackets {
  /**
   * Sends a red packet; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection} `TRANSFER_FUNDS`, `TRANSFER_NUMBER_USED`
   */
  send(draft: RedPacketDraft): RedPacket
  find(mch_billno: string): RedPacket | undefined
  /** @throws {Rejection} `RED_PACKET_UNKNOWN` */
  require(mch_billno: string): RedPacket
  /**
   * Opens a red packet as its receiver.
   *
   * @throws {Rejection} `RED_PACKET_UNKNOWN`, `RED_PACKET_STATE`
   */
  receive(mch_billno: string): RedPacket
  all(): Iterable<RedPacket>
  flows(): Iterable<FundFlow>
}

/** Documented: a red packet can be opened for a day. */
const LIFETIME = DAY
const REFUND_TIME = MINUTE

export function createRedPackets(context: AccountsContext, funds: Funds): RedPackets {
  const { state, scheduler, now } = context
  const keys: RecordKeys<RedPacket> = {
    keyOf: ({ mch_billno }) => mch_billno,
    numbersOf: ({ send_listid }) => [send_listid],
  }
  const records = createTransferRecords<RedPacket>(state, 'red-packets', keys, 'RED_PACKET_UNKNOWN')
  scheduler.on<{ mch_billno: string }>('red-packet-expiry', ({ mch_billno }) => {
    const packet = records.require(mch_billno)
    const status = stateAfter(RED_PACKET_STATES, packet.status, 'expire')
    if (!status) return
    records.save({ ...packet, status })
    scheduler.schedule(now() + REFUND_TIME, 'red-packet-refund', { mch_billno })
  })
  scheduler.on<{ mch_billno: string }>('red-packet-refund', ({ mch_billno }) => {
    const packet = records.require(mch_billno)
    const status = requireStateAfter(RED_PACKET_STATES, packet.status, 'return')
    funds.move(packet.mch_id, 'OPERATION', 'available', packet.total_amount)
    records.save({ ...packet, status, refundedAt: now() })
  })
  return {
    send(draft) {
      const { mch_billno, mch_id, total_amount, fingerprint } = draft
      const existing = records.findRepeated(mch_billno, fingerprint)
      if (existing) return existing
      funds.payTransfer(mch_id, total_amount)
      scheduler.schedule(now() + LIFETIME, 'red-packet-expiry', { mch_billno })
      const send_listid = newNumber('payment_no', context, records.isTaken)
      return records.save({ ...draft, send_listid, status: 'SENT', sentAt: now() })
    },
    find: records.find,
    require: records.require,
    receive(mch_billno) {
      const packet = records.require(mch_billno)
      const status = stateAfter(RED_PACKET_STATES, packet.status, 'receive')
      if (!status) throw new Rejection('RED_PACKET_STATE', `${mch_billno} is ${packet.status}`)
      return records.save({ ...packet, status, receivedAt: now() })
    },
    all: records.all,
    *flows() {
      for (const packet of records.all()) yield* flowsOfPacket(packet)
    },
  }
}

function* flowsOfPacket({ mch_id, send_listid, mch_billno, act_name, ...packet }: RedPacket): Generator<FundFlow> {
  const common = {
    mchid: mch_id,
    account: 'OPERATION',
    number: send_listid,
    voucher: mch_billno,
    remark: act_name,
  } as const
  yield { ...common, at: packet.sentAt, business: '现金红包', amount: -packet.total_amount }
  if (packet.refundedAt !== undefined)
    yield { ...common, at: packet.refundedAt, business: '现金红包退款', amount: packet.total_amount }
}
