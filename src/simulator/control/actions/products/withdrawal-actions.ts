import { type Action, get, oneOf, optional, post, TEXT } from '../../action.ts'

export const withdrawalActions: readonly Action[] = [
  get('/withdrawals', 'Lists the last 100 withdrawals (提现), the newest first.', sim => sim.withdrawals()),
  post(
    '/withdrawal-result',
    {
      out_request_no: TEXT,
      status: oneOf('SUCCESS', 'FAIL', 'CLOSE', 'REFUND'),
      reason: optional(TEXT),
      sub_mchid: optional(TEXT),
    },
    'Settles a withdrawal as the bank; REFUND takes back one that had succeeded.',
    (sim, { out_request_no, status, reason, sub_mchid }) =>
      sim.withdrawalResult(out_request_no, status, reason, sub_mchid),
  ),
]
