import { DAY } from '../../../core/base/time.ts'
import { encrypt } from '../../../core/crypto/rsa.ts'
import { APPLYMENT_STAGES, type SubApplyment } from '../../accounts/applyments/sub-applyment.ts'
import { dateTime } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'

const signUrl = ({ applyment_id }: SubApplyment): string =>
  `https://pay.weixin.qq.com/public/apply4ec_sign/s?applymentId=${applyment_id}&sign=${applyment_id.slice(-8)}`

/** Creates the JSON of an applyment of a service provider (特约商户进件). */
export const subApplymentBody = (applyment: SubApplyment): object => ({
  business_code: applyment.number,
  applyment_id: BigInt(applyment.applyment_id),
  // Documented: only in the states in which there is one.
  ...(APPLYMENT_STAGES[applyment.state].hasMerchant && { sub_mchid: applyment.sub_mchid }),
  sign_url: signUrl(applyment),
  applyment_state: applyment.state,
  applyment_state_msg: APPLYMENT_STAGES[applyment.state].title,
  audit_detail: applyment.rejected.map(({ field, field_name = field, reject_reason }) => ({
    field,
    field_name,
    reject_reason,
  })),
})

/** Time that the merchant has to transfer the amount which proves its account. */
const VALIDATION_TIME = 10 * DAY

/** Creates the JSON of an applyment of an e-commerce platform (二级商户进件); what depends on the state is there in that state only. */
export async function ecommerceApplymentBody(
  applyment: SubApplyment,
  { encryptionKey, crypto }: Pick<SimulatorContext, 'encryptionKey' | 'crypto'>,
): Promise<object> {
  const { state, rejected, account } = applyment
  const needsValidation = state === 'ACCOUNT_NEED_VERIFY'
  return {
    applyment_state: state,
    applyment_state_desc: APPLYMENT_STAGES[state].title,
    ...(state === 'NEED_SIGN' && { sign_url: signUrl(applyment) }),
    ...(APPLYMENT_STAGES[state].hasMerchant && { sub_mchid: applyment.sub_mchid }),
    ...(needsValidation && {
      legal_validation_url: signUrl(applyment),
      account_validation: {
        account_name: await encrypt(account.account_name, encryptionKey, crypto),
        account_no: await encrypt(account.account_number, encryptionKey, crypto),
        pay_amount: 124,
        destination_account_number: '7222223333322332',
        destination_account_name: '财付通支付科技有限公司',
        destination_account_bank: '招商银行威盛大厦支行',
        city: '深圳',
        remark: '入驻账户验证',
        deadline: dateTime(applyment.changedAt + VALIDATION_TIME),
      },
    }),
    ...(rejected.length > 0 && {
      audit_detail: rejected.map(({ field: param_name, reject_reason }) => ({ param_name, reject_reason })),
    }),
    sign_state: state === 'FINISH' ? 'SIGNED' : state === 'NEED_SIGN' ? 'UNSIGNED' : 'NOT_SIGNABLE',
    out_request_no: applyment.number,
    applyment_id: BigInt(applyment.applyment_id),
  }
}
