import type { Accounts } from '../../accounts/accounts.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { ServicePermission } from '../../accounts/service-permissions/service-permissions.ts'
import { newest } from '../newest.ts'

/** Grants and revokes permissions of services (支付分免确认预授权) as the user. */
export interface ServicePermissionControl {
  /**
   * Grants a permission as the user (开启服务).
   *
   * @param openid default: a new user
   * @throws {Rejection} there is no such permission, or it has been granted
   * @example
   * ```ts
   * const { openid } = simulator.grantPermission('1234323JKHDFE1243252')
   * ```
   */
  grantPermission(authorization_code: string, openid?: string): ServicePermission
  /**
   * Revokes a permission as the user (解除授权).
   *
   * @throws {Rejection} there is no such permission, or it is not granted
   */
  revokePermission(authorization_code: string): ServicePermission
  servicePermission(authorization_code: string): ServicePermission | undefined
  /**
   * Returns the permissions that were requested last, the newest first.
   *
   * @param max default 100
   */
  servicePermissions(max?: number): ServicePermission[]
}

export const createServicePermissionControl = ({
  servicePermissions,
}: Pick<Accounts, 'servicePermissions'>): ServicePermissionControl => ({
  grantPermission: (authorization_code, openid) => servicePermissions.grant(authorization_code, openid),
  revokePermission(authorization_code) {
    const permission = servicePermissions.find(authorization_code)
    if (!permission) throw new Rejection('PERMISSION_UNKNOWN', authorization_code)
    return servicePermissions.revoke(permission)
  },
  servicePermission: authorization_code => servicePermissions.find(authorization_code),
  servicePermissions: max => newest(servicePermissions.all(), max),
})
