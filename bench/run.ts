// npm run bench -- [--seconds 0.5] [--rounds 16]: measures the speed of a call, compared with other SDKs and the floor.
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { edge, edgeV2 } from './contenders/edge.ts'
import { floor, floorV2, signV2, xmlOf } from './contenders/floor.ts'
import { nodeV3 } from './contenders/node-v3.ts'
import { plugin, pluginV2 } from './contenders/plugin.ts'
import { tenpayV2 } from './contenders/tenpay.ts'
import { race } from './load.ts'
import { measureSteps } from './micro.ts'
import { report } from './report.ts'
import { createSetting } from './setting.ts'
import { startServer } from './start-server.ts'

const CODE_URL = 'weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '0.5' }, rounds: { type: 'string', default: '16' } },
})
const length = { seconds: Number(values.seconds), rounds: Number(values.rounds) }

const busy = loadavg()[0]!
const common = createSetting()
const { appid, mch_id } = common.orderV2
const response = {
  return_code: 'SUCCESS',
  return_msg: 'OK',
  result_code: 'SUCCESS',
  appid,
  mch_id,
  nonce_str: 'IITRi8Iabbblz1Jc',
  prepay_id: 'wx201411101639507cbf6ffd8b0779950874',
  trade_type: 'NATIVE',
  code_url: CODE_URL,
}
const { baseUrl, stop } = await startServer({
  body: JSON.stringify({ code_url: CODE_URL }),
  xml: xmlOf({ ...response, sign: signV2(response, common.apiv2Key) }),
  serial: common.platformId,
  key: common.platform.privateKey,
})
const setting = { ...common, baseUrl }
const v3 = {
  'wechatpay-edge': edge(setting),
  'wechatpay-axios-plugin': plugin(setting),
  'wechatpay-node-v3': nodeV3(setting),
  floor: floor(setting),
}
const v2 = {
  'wechatpay-edge': edgeV2(setting),
  'wechatpay-axios-plugin': pluginV2(setting),
  tenpay: tenpayV2(setting),
  floor: floorV2(setting),
}
for (const [name, call] of [...Object.entries(v3), ...Object.entries(v2)])
  if ((await call()) !== CODE_URL) throw new Error(`${name} does not return the code_url of the response`)

const races = {
  v3: { serial: await race(v3, 1, length), parallel: await race(v3, 16, length) },
  v2: { serial: await race(v2, 1, length), parallel: await race(v2, 16, length) },
}
stop()
const steps = await measureSteps(setting, length.seconds / 2)

const text = report(races, steps, busy)
console.log(text)
writeFileSync(new URL('./results.md', import.meta.url), text)
