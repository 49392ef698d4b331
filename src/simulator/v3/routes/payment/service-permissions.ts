import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { ServicePermission } from '../../../accounts/service-permissions/service-permissions.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { requireApplication } from '../../request/merchant.ts'
import { permissionBody } from '../../resources/service-permission.ts'
import type { Route } from '../../route.ts'

const ROOT = '/v3/payscore/permissions'
const RULES: Rules = { authorization_code: { maxLength: 32 }, reason: { maxLength: 50 } }

/** 支付分的免确认预授权. */
export const servicePermissionRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}`,
    rules: RULES,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const { service_id, appid, authorization_code, notify_url } = body as Record<string, string>
      const { apply_permissions_token } = context.servicePermissions.request({
        authorization_code: authorization_code!,
        mchid: context.merchant.mchid,
        appid: appid!,
        service_id: service_id!,
        notify_url,
        fingerprint: fingerprintOf(body),
      })
      return { status: 200, body: { apply_permissions_token } }
    },
  },
  {
    endpoint: `GET ${ROOT}/authorization-code/{authorization_code}`,
    handle: ({ path, query }, { servicePermissions }) => ({
      status: 200,
      body: permissionBody(servicePermissions.require(path.authorization_code!, query.service_id!)),
    }),
  },
  {
    endpoint: `POST ${ROOT}/authorization-code/{authorization_code}/terminate`,
    rules: RULES,
    handle({ path, body }, { servicePermissions }) {
      servicePermissions.revoke(servicePermissions.require(path.authorization_code!, String(body.service_id)))
      return { status: 204 }
    },
  },
  {
    endpoint: `GET ${ROOT}/openid/{openid}`,
    handle({ path, query }, context) {
      requireApplication(query.appid, context)
      return { status: 200, body: permissionBody(requireOfUser(path.openid!, query.service_id!, context)) }
    },
  },
  {
    endpoint: `POST ${ROOT}/openid/{openid}/terminate`,
    rules: RULES,
    handle({ path, body }, context) {
      requireApplication(body.appid, context)
      context.servicePermissions.revoke(requireOfUser(path.openid!, String(body.service_id), context))
      return { status: 204 }
    },
  },
]

function requireOfUser(
  openid: string,
  service_id: string,
  { servicePermissions }: SimulatorContext,
): ServicePermission {
  const permission = servicePermissions.findOfUser(openid, service_id)
  if (!permission) throw new Rejection('PERMISSION_UNKNOWN', openid)
  return permission
}
