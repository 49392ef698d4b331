import type { Accounts } from '../../accounts/accounts.ts'
import type { RedPacket } from '../../accounts/red-packets/red-packet.ts'
import { newest } from '../newest.ts'

/** Opens red packets (现金红包) as their receivers. */
export interface RedPacketControl {
  /**
   * Opens a red packet as its receiver. One that nobody opens within a day returns.
   *
   * @throws {Rejection} there is no such red packet, or it has been opened or has returned
   */
  receiveRedPacket(mch_billno: string): RedPacket
  redPacket(mch_billno: string): RedPacket | undefined
  /**
   * Returns the red packets that were sent last, the newest first.
   *
   * @param max default 100
   */
  redPackets(max?: number): RedPacket[]
}

export const createRedPacketControl = ({ redPackets }: Pick<Accounts, 'redPackets'>): RedPacketControl => ({
  receiveRedPacket: mch_billno => redPackets.receive(mch_billno),
  redPacket: mch_billno => redPackets.find(mch_billno),
  redPackets: max => newest(redPackets.all(), max),
})
