import { type Action, get, optional, post, requireFound, TEXT } from '../../action.ts'

export const servicePermissionActions: readonly Action[] = [
  get('/permissions', 'Lists the last 100 permissions of services (支付分免确认预授权), the newest first.', sim =>
    sim.servicePermissions(),
  ),
  get('/permissions/{authorization_code}', 'Shows a permission of a service (支付分免确认预授权).', (sim, _, code) =>
    requireFound(sim.servicePermission(code), 'permission', code),
  ),
  post(
    '/grant-permission',
    { authorization_code: TEXT, openid: optional(TEXT) },
    'Grants a permission of a service as the user.',
    (sim, { authorization_code, openid }) => sim.grantPermission(authorization_code, openid),
  ),
  post(
    '/revoke-permission',
    { authorization_code: TEXT },
    'Revokes a permission of a service as the user.',
    (sim, input) => sim.revokePermission(input.authorization_code),
  ),
]
