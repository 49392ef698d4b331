import { type Action, get, post, requireFound, TEXT } from '../../action.ts'
import type { InputFields } from '../../input.ts'

const NUMBER: InputFields = { out_authorization_no: TEXT }

export const transferAuthorizationActions: readonly Action[] = [
  get('/authorizations', 'Lists the last 100 authorizations of transfers (免确认收款授权), the newest first.', sim =>
    sim.transferAuthorizations(),
  ),
  get(
    '/authorizations/{out_authorization_no}',
    'Shows an authorization of transfers (免确认收款授权).',
    (sim, _, number) => requireFound(sim.transferAuthorization(number), 'authorization', number),
  ),
  post('/confirm-authorization', NUMBER, 'Confirms an authorization of transfers as the shopper.', (sim, input) =>
    sim.confirmAuthorization(input.out_authorization_no),
  ),
  post('/close-authorization', NUMBER, 'Closes an authorization of transfers as the shopper.', (sim, input) =>
    sim.closeAuthorization(input.out_authorization_no),
  ),
]
