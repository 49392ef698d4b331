import { base64 } from '../../../../core/bytes.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import { Refusal } from '../../refusal.ts'
import type { Route } from '../../route.ts'

const RULES: Rules = {
  openid: { maxLength: 64 },
  appid: { maxLength: 32 },
  sub_mchid: { maxLength: 32 },
  sub_appid: { maxLength: 32 },
  authenticate_number: { pattern: /^[\w-]{5,32}$/ },
  project_name: { maxLength: 20 },
  employer_name: { maxLength: 50 },
}

/** Seconds. */
const TOKEN_LIFETIME = 300

/** 微工卡核身. */
export const payrollCard: readonly Route[] = [
  {
    endpoint: 'POST /v3/payroll-card/authentications/pre-order',
    rules: RULES,
    handle({ body }, { merchant, authentications, now, crypto }) {
      const { openid, sub_mchid, authenticate_number, project_name, employer_name, authenticate_type, appid } =
        body as Record<string, string>
      const existing = authentications.get(authenticate_number!)
      if (existing && (existing.openid !== openid || existing.sub_mchid !== sub_mchid))
        throw new Refusal(400, 'INVALID_REQUEST', '商家核身单号重复，请更换单号后重试')
      if (!existing)
        authentications.set(authenticate_number!, {
          mchid: merchant.mchid,
          sub_mchid: sub_mchid!,
          openid: openid!,
          authenticate_number: authenticate_number!,
          authenticate_scene: 'FROM_MINI_APP',
          authenticate_source: appid ?? merchant.appid,
          project_name: project_name!,
          employer_name: employer_name!,
          authenticate_type,
          authenticate_state: 'AUTHENTICATE_PROCESSING',
          authenticate_time: rfc3339(now()),
        })
      const token = base64(crypto.getRandomValues(new Uint8Array(33)))
      const order = { authenticate_number, openid, mchid: merchant.mchid, sub_mchid }
      return { status: 200, body: { ...order, token, expires_in: TOKEN_LIFETIME } }
    },
  },
  {
    endpoint: 'GET /v3/payroll-card/authentications/{authenticate_number}',
    rules: { sub_mchid: { maxLength: 32 } },
    handle({ path, query }, { authentications }) {
      const authentication = authentications.get(path.authenticate_number!)
      if (authentication?.sub_mchid !== query.sub_mchid) throw new Refusal(404, 'NOT_FOUND', '核身单不存在')
      return { status: 200, body: authentication! }
    },
  },
]
