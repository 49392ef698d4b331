import { base64 } from '../../../../core/base/bytes.ts'
import { SECOND } from '../../../../core/base/time.ts'
import type { PayrollAuthentication } from '../../../accounts/payroll-card/payroll-card.ts'
import { AUTHENTICATION_LIFETIME, type RelationName } from '../../../accounts/payroll-card/payroll-cards.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import type { Route, RouteInput, RouteResult } from '../../route.ts'

const ROOT = '/v3/payroll-card'
const RULES: Rules = {
  openid: { maxLength: 64 },
  appid: { maxLength: 32 },
  sub_mchid: { maxLength: 32 },
  sub_appid: { maxLength: 32 },
  authenticate_number: { pattern: /^[\w-]{5,32}$/ },
  project_name: { maxLength: 20 },
  employer_name: { maxLength: 50 },
}
const LIST_RULES: Rules = {
  authenticate_date: { pattern: /^\d{4}-\d\d-\d\d$/ },
  offset: { minimum: 0 },
  limit: { minimum: 1 },
}

/** Seconds for which a token of an authorization is valid. */
const AUTHORIZATION_LIFETIME = 1800
/** Documented default of the number of authentications of a list. */
const LIST_LIMIT = 10

/** 微工卡: authorization and authentication of employees. */
export const payrollCardRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}/tokens`,
    rules: RULES,
    handle({ body }, context) {
      const { openid, sub_mchid } = body
      const { mchid } = context.merchant
      context.payrollCards.request({ openid, sub_mchid } as RelationName)
      return {
        status: 200,
        body: { openid, mchid, sub_mchid, token: newToken(context), expires_in: AUTHORIZATION_LIFETIME },
      }
    },
  },
  {
    endpoint: `GET ${ROOT}/relations/{openid}`,
    rules: RULES,
    handle({ path, query }, { payrollCards }) {
      const relation = payrollCards.relation({ openid: path.openid!, sub_mchid: query.sub_mchid! })
      return { status: 200, body: { ...relation, appid: query.appid, sub_appid: query.sub_appid } }
    },
  },
  ...(['pre-order', 'pre-order-with-auth'] as const).map(
    (kind): Route => ({
      endpoint: `POST ${ROOT}/authentications/${kind}`,
      rules: RULES,
      handle: (input, context) => orderAuthentication(input, kind === 'pre-order-with-auth', context),
    }),
  ),
  {
    endpoint: `GET ${ROOT}/authentications/{authenticate_number}`,
    rules: { sub_mchid: { maxLength: 32 } },
    handle({ path, query }, { payrollCards }) {
      const authentication = payrollCards.find(path.authenticate_number!)
      if (authentication?.sub_mchid !== query.sub_mchid)
        throw new Rejection('AUTHENTICATION_UNKNOWN', path.authenticate_number)
      return { status: 200, body: authentication! }
    },
  },
  {
    endpoint: `GET ${ROOT}/authentications`,
    rules: LIST_RULES,
    handle({ query }, { payrollCards }) {
      const list = payrollCards.all().filter(authentication => matches(authentication, query))
      // Unlike that of most lists, `offset` counts authentications, and not pages.
      const offset = Number(query.offset ?? 0)
      const limit = Number(query.limit ?? LIST_LIMIT)
      const data = list.slice(offset, offset + limit)
      return { status: 200, body: { data, total_count: list.length, offset, limit } }
    },
  },
]

const newToken = ({ crypto }: SimulatorContext): string => base64(crypto.getRandomValues(new Uint8Array(33)))

function orderAuthentication({ body }: RouteInput, withAuthorization: boolean, context: SimulatorContext): RouteResult {
  const { merchant, payrollCards } = context
  const { openid, sub_mchid, authenticate_number, project_name, employer_name, authenticate_type, appid } =
    body as Record<string, string>
  payrollCards.order({
    mchid: merchant.mchid,
    sub_mchid: sub_mchid!,
    openid: openid!,
    authenticate_number: authenticate_number!,
    authenticate_source: appid ?? merchant.appid,
    project_name: project_name!,
    employer_name: employer_name!,
    authenticate_type,
    withAuthorization,
  })
  const order = { authenticate_number, openid, mchid: merchant.mchid, sub_mchid }
  return { status: 200, body: { ...order, token: newToken(context), expires_in: AUTHENTICATION_LIFETIME / SECOND } }
}

const matches = (
  { openid, sub_mchid, authenticate_time, authenticate_state }: PayrollAuthentication,
  query: RouteInput['query'],
): boolean =>
  openid === query.openid &&
  sub_mchid === query.sub_mchid &&
  authenticate_time.startsWith(query.authenticate_date!) &&
  (query.authenticate_state === undefined || query.authenticate_state === authenticate_state)
