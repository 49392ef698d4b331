import type { TransferAuthorization } from '../../accounts/transfer-authorizations/transfer-authorizations.ts'
import { rfc3339 } from '../../clock/time.ts'

const optionalTime = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : rfc3339(ms))

/** Returns the resource of a notification about an authorization. */
export const authorizationResource = (authorization: TransferAuthorization): object => ({
  out_authorization_no: authorization.out_authorization_no,
  appid: authorization.appid,
  openid: authorization.openid,
  user_display_name: authorization.user_display_name,
  authorization_id: authorization.authorization_id,
  state: authorization.state,
  authorize_time: optionalTime(authorization.authorizedAt),
  ...(authorization.closed && {
    close_info: { close_time: rfc3339(authorization.closed.at), close_reason: authorization.closed.reason },
  }),
})

/** Creates the JSON of an authorization (免确认收款授权单), as its query has it. */
export const authorizationBody = (authorization: TransferAuthorization): object => ({
  ...authorizationResource(authorization),
  transfer_scene_id: authorization.transfer_scene_id,
  user_recv_perception: authorization.user_recv_perception,
  create_time: rfc3339(authorization.createdAt),
})
