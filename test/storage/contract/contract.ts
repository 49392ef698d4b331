import { ledgerCases } from '../../gateway/store/cases.ts'
import { circuitCases } from '../../gateway/store/delivery/circuit-cases.ts'
import { slotCases } from '../../gateway/store/delivery/slot-cases.ts'
import { crashCases } from './crash-cases.ts'
import { methodCases } from './method-cases.ts'
import { partCases } from './part-cases.ts'

/** The cases that every database behind a ledger has to pass, one call after the other. */
export const contractCases = [
  ...partCases,
  ...methodCases,
  ...ledgerCases,
  ...circuitCases,
  ...slotCases,
  ...crashCases,
]
