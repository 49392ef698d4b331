import { type Action, get, optional, post, TEXT } from '../../action.ts'

const RELATION = { openid: TEXT, sub_mchid: TEXT }

export const payrollCardActions: readonly Action[] = [
  get('/payroll-relations', 'Lists the last 100 authorizations of employees (微工卡授权), the newest first.', sim =>
    sim.payrollRelations(),
  ),
  get(
    '/payroll-authentications',
    'Lists the last 100 authentications of employees (微工卡核身), the newest first.',
    sim => sim.payrollAuthentications(),
  ),
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
