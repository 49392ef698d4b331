import { CONTROL_PATH } from '../../simulator/control/action.ts'
import type { Command } from '../command.ts'
import { generateKeysAhead } from './keys-ahead.ts'
import { DEFAULT_HOST, DEFAULT_PORT, HEALTH, OPTIONS, settingsOf } from './settings.ts'

export const simulator: Command = {
  name: 'simulator',
  description: `Simulates WeChat Pay on this machine, for development and tests: APIv3 and APIv2 at WeChat Pay's own paths,
orders, refunds, transfers, bills, notifications. Any SDK works with it once its host is changed. No money moves,
and nothing is sent to WeChat Pay. Endpoints without state reply with samples of their definitions;
GET ${CONTROL_PATH} lists those that have state.`,
  options: OPTIONS,
  epilogue: `To begin:
  wechatpay-edge simulator --folder wechatpay --state wechatpay/state.json
and in your program, with the keys of that folder, http://${DEFAULT_HOST}:${DEFAULT_PORT} instead of https://api.mch.weixin.qq.com.
You act for the shopper, and control the clock:
  curl -H content-type:application/json -d '{"out_trade_no":"…"}' http://${DEFAULT_HOST}:${DEFAULT_PORT}${CONTROL_PATH}/pay
  curl http://${DEFAULT_HOST}:${DEFAULT_PORT}${CONTROL_PATH}     lists all controls
GET ${HEALTH} returns 200 as soon as it serves and the folder is written; --wait 30 waits for that.
Exit codes: 0 stopped by a signal, or --wait has found it; 1 it cannot start, or --wait has not; 2 a wrong option.`,

  async run(values, terminal) {
    const settings = settingsOf(values)
    const keyPairs = generateKeysAhead(settings)
    const { runSimulator } = await import('./run-simulator.ts')
    await runSimulator(settings, terminal, keyPairs)
  },
}
