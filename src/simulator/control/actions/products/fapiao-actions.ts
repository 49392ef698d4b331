import { type Action, get, oneOf, optional, post, requireFound, TEXT } from '../../action.ts'

const APPLICATION = { fapiao_apply_id: TEXT, sub_mchid: optional(TEXT) }

export const fapiaoActions: readonly Action[] = [
  get('/fapiao-applications', 'Lists the last 100 applications for invoices (电子发票), the newest first.', sim =>
    sim.fapiaoApplications(),
  ),
  get(
    '/fapiao-applications/{fapiao_apply_id}',
    'Shows an application for invoices of the merchant itself.',
    (sim, _, id) => requireFound(sim.fapiaoApplication({ fapiao_apply_id: id }), 'application for invoices', id),
  ),
  post(
    '/fill-fapiao-title',
    {
      ...APPLICATION,
      type: oneOf('INDIVIDUAL', 'ORGANIZATION'),
      name: TEXT,
      taxpayer_id: optional(TEXT),
      phone: optional(TEXT),
      email: optional(TEXT),
    },
    'Fills in the title of an invoice (抬头) as the buyer.',
    (sim, { fapiao_apply_id, sub_mchid, ...buyer }) =>
      sim.fillFapiaoTitle({ fapiao_apply_id, sub_mchid }, buyer as Parameters<typeof sim.fillFapiaoTitle>[1]),
  ),
  post(
    '/fail-fapiao',
    { ...APPLICATION, fapiao_id: TEXT, message: optional(TEXT) },
    'Refuses to issue or to reverse an invoice as the tax office.',
    (sim, { fapiao_apply_id, sub_mchid, fapiao_id, message }) =>
      sim.failFapiao({ fapiao_apply_id, sub_mchid, fapiao_id }, message),
  ),
]
