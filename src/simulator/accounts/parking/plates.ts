import type { AccountsContext } from '../context.ts'
import { newOpenid } from '../numbers.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import { PLATE_STATES, type Plate, type PlateEvent, type PlateName, plateKey } from './parking.ts'

/** Plates of users, with the state of the service of each. */
export interface Plates {
  find(plate: PlateName): Plate | undefined
  /**
   * Opens the service for a plate as a user.
   *
   * @param openid default: the user who had opened it, or a new one
   * @throws {Rejection} `PLATE_STATE`, `PLATE_OVERDUE`
   */
  open(plate: PlateName, openid?: string): Plate
  /** @throws {Rejection} `PLATE_UNKNOWN`, `PLATE_STATE` */
  change(plate: PlateName, event: Exclude<PlateEvent, 'open'>): Plate
  /** Records what the user of a plate owes now. */
  updateDebts(plate: PlateName): Plate
  all(): Iterable<Plate>
}

/** @param owedBy returns the keys of the orders that a user owes for a plate */
export function createPlates(
  context: Pick<AccountsContext, 'state' | 'now' | 'random'>,
  owedBy: (plate: PlateName, openid: string) => readonly string[],
): Plates {
  const { state, now } = context
  const stored = state.map<Plate>('plates')
  const find = (plate: PlateName): Plate | undefined => stored.get(plateKey(plate))
  const save = (plate: Plate): Plate => {
    stored.set(plateKey(plate), plate)
    return plate
  }
  const requirePlate = (name: PlateName): Plate => {
    const plate = find(name)
    if (!plate) throw new Rejection('PLATE_UNKNOWN', plateKey(name))
    return plate
  }
  const stateOf = (name: PlateName, plate: Plate | undefined, event: PlateEvent) => {
    const current = plate?.state ?? 'OUT_SERVICE'
    const next = stateAfter(PLATE_STATES, current, event)
    if (!next) throw new Rejection('PLATE_STATE', `${plateKey(name)} is ${current}`)
    return next
  }
  return {
    find,
    open({ plate_number, plate_color }, openid) {
      const name = { plate_number, plate_color }
      const earlier = find(name)
      const next = stateOf(name, earlier, 'open')
      // A debt stays with the user who owes it, and the plate with the user until it is repaid.
      if (earlier && earlier.owed.length > 0 && openid !== undefined && openid !== earlier.openid)
        throw new Rejection('PLATE_OVERDUE', plateKey(name))
      const user = openid ?? earlier?.openid ?? newOpenid(context)
      return save({ ...name, openid: user, state: next, openedAt: now(), owed: owedBy(name, user) })
    },
    change(name, event) {
      const plate = requirePlate(name)
      return save({ ...plate, state: stateOf(name, plate, event) })
    },
    updateDebts(name) {
      const plate = requirePlate(name)
      return save({ ...plate, owed: owedBy(plate, plate.openid) })
    },
    all: () => stored.values(),
  }
}
