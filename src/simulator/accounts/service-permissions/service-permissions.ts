import type { AccountsContext } from '../context.ts'
import { newOpenid } from '../numbers.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { type StateMachine, stateAfter } from '../state-machine.ts'

/** State of a permission (授权状态). */
export type PermissionState = 'UNAVAILABLE' | 'AVAILABLE' | 'UNBINDUSER'

/**
 * States of a permission of a service: a user grants it, and the user or the merchant revokes it. It is granted once.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012647401
 */
export const PERMISSION_STATES: StateMachine<PermissionState, 'grant' | 'revoke'> = {
  initial: ['UNAVAILABLE'],
  transitions: [
    { from: 'UNAVAILABLE', event: 'grant', to: 'AVAILABLE' },
    { from: 'AVAILABLE', event: 'revoke', to: 'UNBINDUSER' },
  ],
}

export interface PermissionDraft {
  readonly authorization_code: string
  readonly mchid: string
  readonly appid: string
  readonly service_id: string
  readonly notify_url?: string | undefined
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

/** A user's permission to be charged for a service of WeChat Pay Score without confirming each order (免确认预授权). */
export interface ServicePermission extends PermissionDraft {
  readonly apply_permissions_token: string
  readonly state: PermissionState
  /** Set once granted. */
  readonly openid?: string
  /** ms */
  readonly grantedAt?: number
  /** ms */
  readonly revokedAt?: number
}

export interface PermissionChanged {
  readonly type: 'permission-granted' | 'permission-revoked'
  readonly permission: ServicePermission
}

/** Permissions of services: requested by the merchant, granted by the user, revoked by either. */
export interface ServicePermissions {
  /**
   * Requests a permission; repeats the first result for the same code with the same parameters.
   *
   * @throws {Rejection} `PERMISSION_CODE_USED`
   */
  request(draft: PermissionDraft): ServicePermission
  find(authorization_code: string): ServicePermission | undefined
  /** Finds the permission that a user granted last for a service. */
  findOfUser(openid: string, service_id: string): ServicePermission | undefined
  /** @throws {Rejection} `PERMISSION_UNKNOWN` */
  require(authorization_code: string, service_id: string): ServicePermission
  /**
   * Grants a permission as the user.
   *
   * @throws {Rejection} `PERMISSION_UNKNOWN`, `PERMISSION_GRANTED`
   */
  grant(authorization_code: string, openid?: string): ServicePermission
  /**
   * Revokes a permission.
   *
   * @throws {Rejection} `PERMISSION_STATE`
   */
  revoke(permission: ServicePermission): ServicePermission
  all(): Iterable<ServicePermission>
}

export function createServicePermissions(context: AccountsContext<PermissionChanged>): ServicePermissions {
  const { state, now, emit, random } = context
  const records = createRecords(state.map<ServicePermission>('service-permissions'), {
    keyOf: ({ authorization_code }) => authorization_code,
    numbersOf: () => [],
  })
  /** Code of the permission that a user granted last for a service, by {@link ownerKey}. */
  const lastGranted = state.map<string>('granted-permissions')
  const requireFound = (permission: ServicePermission | undefined, code: string): ServicePermission => {
    if (!permission) throw new Rejection('PERMISSION_UNKNOWN', code)
    return permission
  }
  return {
    request(draft) {
      const existing = records.findRepeated(draft.authorization_code, draft.fingerprint, 'PERMISSION_CODE_USED')
      return existing ?? records.save({ ...draft, apply_permissions_token: random.hex(64), state: 'UNAVAILABLE' })
    },
    find: records.find,
    findOfUser(openid, service_id) {
      const code = lastGranted.get(ownerKey(openid, service_id))
      return code === undefined ? undefined : records.find(code)
    },
    require(authorization_code, service_id) {
      const permission = records.find(authorization_code)
      return requireFound(permission?.service_id === service_id ? permission : undefined, authorization_code)
    },
    grant(authorization_code, openid = newOpenid(context)) {
      const requested = requireFound(records.find(authorization_code), authorization_code)
      const granted = stateAfter(PERMISSION_STATES, requested.state, 'grant')
      if (!granted) throw new Rejection('PERMISSION_GRANTED', authorization_code)
      const permission = records.save({ ...requested, state: granted, openid, grantedAt: now() })
      lastGranted.set(ownerKey(openid, permission.service_id), authorization_code)
      emit({ type: 'permission-granted', permission })
      return permission
    },
    revoke(granted) {
      const revoked = stateAfter(PERMISSION_STATES, granted.state, 'revoke')
      if (!revoked) throw new Rejection('PERMISSION_STATE', granted.authorization_code)
      const permission = records.save({ ...granted, state: revoked, revokedAt: now() })
      emit({ type: 'permission-revoked', permission })
      return permission
    },
    all: records.all,
  }
}

const ownerKey = (openid: string, service_id: string): string => `${openid}/${service_id}`
