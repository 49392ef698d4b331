import { type Action, get, post, requireFound, TEXT } from '../../action.ts'

export const redPacketActions: readonly Action[] = [
  get('/red-packets', 'Lists the last 100 red packets (现金红包), the newest first.', sim => sim.redPackets()),
  get('/red-packets/{mch_billno}', 'Shows a red packet.', (sim, _, number) =>
    requireFound(sim.redPacket(number), 'red packet', number),
  ),
  post('/receive-red-packet', { mch_billno: TEXT }, 'Opens a red packet as its receiver.', (sim, input) =>
    sim.receiveRedPacket(input.mch_billno),
  ),
]
