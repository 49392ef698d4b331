import { type Action, get, optional, post, requireFound, TEXT } from '../../action.ts'

const ORDER = { out_trade_no: TEXT, sub_mchid: optional(TEXT) }

export const medicalInsuranceActions: readonly Action[] = [
  get('/medical-orders', 'Lists the last 100 orders by medical insurance (医保支付), the newest first.', sim =>
    sim.medicalOrders(),
  ),
  get(
    '/medical-orders/{out_trade_no}',
    'Shows an order by medical insurance of the merchant itself.',
    (sim, _, number) => requireFound(sim.medicalOrder({ out_trade_no: number }), 'order by medical insurance', number),
  ),
  post('/pay-medical-order', ORDER, 'Pays an order by medical insurance as the user.', (sim, input) =>
    sim.payMedicalOrder({ out_trade_no: input.out_trade_no, sub_mchid: input.sub_mchid }),
  ),
  post('/fail-medical-order', ORDER, 'Refuses to settle an order as the medical insurance.', (sim, input) =>
    sim.failMedicalOrder({ out_trade_no: input.out_trade_no, sub_mchid: input.sub_mchid }),
  ),
]
