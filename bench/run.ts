// npm run bench -- [--seconds 0.5] [--rounds 16]: how fast a call is, beside wechatpay-axios-plugin and beside the floor.
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { answerWith } from './answer.ts'
import { edge } from './contenders/edge.ts'
import { floor } from './contenders/floor.ts'
import { plugin } from './contenders/plugin.ts'
import { race } from './load.ts'
import { measureSteps } from './micro.ts'
import { report } from './report.ts'
import { createSetting } from './setting.ts'

const CODE_URL = 'weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '0.5' }, rounds: { type: 'string', default: '16' } },
})
const length = { seconds: Number(values.seconds), rounds: Number(values.rounds) }

const busy = loadavg()[0]!
const common = createSetting()
const { baseUrl, stop } = await answerWith({
  body: JSON.stringify({ code_url: CODE_URL }),
  serial: common.platformId,
  key: common.platform.privateKey,
})
const setting = { ...common, baseUrl }
const contenders = { 'wechatpay-edge': edge(setting), 'wechatpay-axios-plugin': plugin(setting), floor: floor(setting) }
for (const [name, call] of Object.entries(contenders))
  if ((await call()) !== CODE_URL) throw new Error(`${name} does not read the answer`)

const serial = await race(contenders, 1, length)
const parallel = await race(contenders, 16, length)
stop()
const steps = await measureSteps(common, length.seconds / 2)

const text = report(serial, parallel, steps, busy)
console.log(text)
writeFileSync(new URL('./results.md', import.meta.url), text)
