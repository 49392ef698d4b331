import { rfc3339 } from '../../clock/time.ts'
import { examples } from '../../examples.ts'
import { addMissing } from '../../state/state.ts'
import type { AccountsContext } from '../context.ts'

/** Authentication of an employee (微工卡核身), with WeChat Pay's field names. */
export interface PayrollAuthentication {
  readonly mchid: string
  readonly sub_mchid: string
  readonly openid: string
  readonly authenticate_scene: 'FROM_MINI_APP' | 'FROM_HARDWARE'
  readonly authenticate_source: string
  readonly project_name: string
  readonly employer_name: string
  readonly authenticate_state: 'AUTHENTICATE_PROCESSING' | 'AUTHENTICATE_SUCCESS' | 'AUTHENTICATE_FAILED'
  readonly authenticate_time: string
  readonly authenticate_number: string
  readonly authenticate_type?: string | undefined
}

/** Authentications by `authenticate_number`. */
export type PayrollAuthentications = Map<string, PayrollAuthentication>

export function createPayrollAuthentications(
  { state, now }: Pick<AccountsContext, 'state' | 'now'>,
  { mchid, appid }: { readonly mchid: string; readonly appid: string },
): PayrollAuthentications {
  const { sub_mchid, openid, authenticate_number } = examples
  const example: PayrollAuthentication = {
    mchid,
    sub_mchid,
    openid,
    authenticate_number,
    authenticate_scene: 'FROM_MINI_APP',
    authenticate_source: appid,
    project_name: '某项目',
    employer_name: '某单位名称',
    authenticate_state: 'AUTHENTICATE_SUCCESS',
    authenticate_time: rfc3339(now()),
    authenticate_type: 'SIGN_IN',
  }
  return addMissing(state.map<PayrollAuthentication>('payroll-authentications'), [[authenticate_number, example]])
}
