// A transfer to a user that cannot double: its answer is lost, it is asked for twice, another is cancelled. Against the simulator.
import { Wechatpay } from 'wechatpay-edge'
import { createSimulator } from 'wechatpay-edge/simulator'
import { cancelTransfer, settledTransfer, startConfirmation, startTransfer } from 'wechatpay-edge/transfer'

const simulator = await createSimulator({ deliver: async () => new Response(null, { status: 204 }) })
const { appid } = simulator.merchant
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
const wait = (ms: number) => simulator.advance(ms) // with WeChat Pay itself leave it out: it is a timer

// Store the request with its number before the call: after a crash the same request is sent again, and transfers once.
const prize = (out_bill_no: string) => ({
  appid,
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  out_bill_no,
  transfer_amount: 500, // fen
  transfer_remark: '新会员开通有礼',
  transfer_scene_id: '1000',
  transfer_scene_report_infos: [
    { info_type: '活动名称', info_content: '新会员有礼' },
    { info_type: '奖励说明', info_content: '注册会员抽奖一等奖' },
  ],
})
const before = simulator.balance('OPERATION').available
simulator.faults.add({ kind: 'lost-response', method: 'POST', path: '/v3/fund-app/**', count: 1 })
const first = await startTransfer(wxpay, prize('prize1'), { wait })
const again = await startTransfer(wxpay, prize('prize1'), { wait })
console.log(
  `${first.state}, and asked for again: ${again.transfer_bill_no === first.transfer_bill_no ? 'the same' : 'another'}`,
)

const page = startConfirmation(wxpay, { appid, package_info: again.package_info })
console.log('for wx.requestMerchantTransfer:', Object.keys(page).join(', '))

simulator.confirmTransfer('prize1') // the user
const settled = await settledTransfer(wxpay, { out_bill_no: 'prize1' }, { deadline: Date.now() + 60_000, wait })
console.log('then', settled.state)

await startTransfer(wxpay, prize('prize2'), { wait })
const cancelled = await cancelTransfer(wxpay, { out_bill_no: 'prize2' }, { wait })
console.log('the other one:', cancelled.state)
console.log('paid out:', before - simulator.balance('OPERATION').available, 'fen')
