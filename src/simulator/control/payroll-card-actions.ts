import { type Action, optional, post, TEXT } from './action.ts'

const RELATION = { openid: TEXT, sub_mchid: TEXT }

export const payrollCardActions: readonly Action[] = [
  post('/authorize-payroll-card', RELATION, 'Authorizes a merchant as an employee (微工卡授权).', (sim, input) =>
    sim.authorizePayrollCard({ openid: input.openid, sub_mchid: input.sub_mchid }),
  ),
  post('/deauthorize-payroll-card', RELATION, 'Takes an authorization back as an employee.', (sim, input) =>
    sim.deauthorizePayrollCard({ openid: input.openid, sub_mchid: input.sub_mchid }),
  ),
  post(
    '/authenticate-employee',
    { authenticate_number: TEXT, reason: optional(TEXT) },
    'Authenticates as an employee (微工卡核身); with a reason, it fails.',
    (sim, { authenticate_number, reason }) => sim.authenticateEmployee(authenticate_number, reason),
  ),
]
