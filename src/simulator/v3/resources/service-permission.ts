import type { ServicePermission } from '../../accounts/service-permissions/service-permissions.ts'
import { compactTime } from '../../clock/time.ts'

const optionalTime = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : compactTime(ms))

/** Creates the JSON of a permission (授权记录). */
export const permissionBody = (permission: ServicePermission): object => ({
  service_id: permission.service_id,
  appid: permission.appid,
  mchid: permission.mchid,
  openid: permission.openid,
  authorization_code: permission.authorization_code,
  authorization_state: permission.state,
  notify_url: permission.notify_url,
  cancel_authorization_time: optionalTime(permission.revokedAt),
  authorization_success_time: optionalTime(permission.grantedAt),
})

/** Returns the resource of a notification about a permission. */
export const permissionResource = (permission: ServicePermission): object => ({
  appid: permission.appid,
  mchid: permission.mchid,
  service_id: permission.service_id,
  openid: permission.openid,
  user_service_status: permission.state === 'AVAILABLE' ? 'USER_OPEN_SERVICE' : 'USER_CLOSE_SERVICE',
  openorclose_time: optionalTime(permission.revokedAt ?? permission.grantedAt),
  authorization_code: permission.authorization_code,
})
