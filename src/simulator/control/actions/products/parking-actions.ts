import { type Action, get, oneOf, optional, post, requireFound, TEXT } from '../../action.ts'

const PLATE = { plate_number: TEXT, plate_color: oneOf('BLUE', 'GREEN', 'YELLOW', 'BLACK', 'WHITE', 'LIMEGREEN') }
const ORDER = { out_trade_no: TEXT, sub_mchid: optional(TEXT) }

export const parkingActions: readonly Action[] = [
  get('/parkings', 'Lists the last 100 parkings (停车入场), the newest first.', sim => sim.parkings()),
  get('/parkings/{out_parking_no}', 'Shows a parking of the merchant itself.', (sim, _, number) =>
    requireFound(sim.parking(number), 'parking', number),
  ),
  post(
    '/open-plate',
    { ...PLATE, openid: optional(TEXT) },
    'Opens the parking service for a plate as a user.',
    (sim, { plate_number, plate_color, openid }) => sim.openPlate({ plate_number, plate_color }, openid),
  ),
  post(
    '/change-plate',
    { ...PLATE, event: oneOf('pause', 'resume', 'close') },
    'Pauses, resumes or closes the parking service for a plate as its user.',
    (sim, { plate_number, plate_color, event }) => sim.changePlate({ plate_number, plate_color }, event),
  ),
  post(
    '/advance-parking-fee',
    ORDER,
    'Advances the fee of a deduction that waits (垫资), as WeChat Pay.',
    (sim, input) => sim.advanceParkingFee({ out_trade_no: input.out_trade_no, sub_mchid: input.sub_mchid }),
  ),
  post('/repay-parking-fee', ORDER, 'Repays an advanced parking fee as the user.', (sim, input) =>
    sim.repayParkingFee({ out_trade_no: input.out_trade_no, sub_mchid: input.sub_mchid }),
  ),
]
