import { NOTIFY_URL, type TestMerchant, unusedNumber } from '../payment/test-merchant.ts'

export const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'

/** A transfer of an unused number. */
export const transferOf = ({ simulator }: TestMerchant, more: object = {}) => ({
  appid: simulator.merchant.appid,
  out_bill_no: unusedNumber(),
  transfer_scene_id: '1000',
  openid,
  transfer_amount: 500,
  transfer_remark: '新会员开通有礼',
  notify_url: NOTIFY_URL,
  transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
  ...more,
})
