import { rfc3339 } from '../../clock/time.ts'
import type { Random } from '../../state/random.ts'
import { newDigits } from '../numbers.ts'
import { requireStateAfter } from '../state-machine.ts'
import {
  CARD_STATES,
  FAPIAO_STATES,
  type Fapiao,
  type FapiaoCard,
  type FapiaoChanged,
  type FapiaoNumbers,
} from './fapiao.ts'

/** Dependencies of a step, which numbers invoices and cards. */
export interface StepContext {
  readonly random: Random
  readonly now: () => number
  /** Returns the card that a new invoice gets; undefined if the user is not known. */
  readonly newCard: () => FapiaoCard | undefined
}

/** Creates the numbers of an issued invoice. They are random, so no two are likely to be the same. */
const newNumbers = ({ random, now }: StepContext): FapiaoNumbers => ({
  fapiao_code: newDigits(12, { random }, () => false),
  fapiao_number: newDigits(20, { random }, () => false),
  check_code: newDigits(20, { random }, () => false),
  password: newDigits(60, { random }, () => false),
  fapiao_time: rfc3339(now()),
})

/** Returns an invoice after what the tax office does, and the event that the merchant hears of. */
export function finishFapiao(
  fapiao: Fapiao,
  context: StepContext,
): readonly [Fapiao, FapiaoChanged['type']] | undefined {
  if (fapiao.status === 'ISSUE_ACCEPTED') {
    const card = context.newCard()
    const status = requireStateAfter(FAPIAO_STATES, fapiao.status, 'issue')
    return [{ ...fapiao, status, blue: newNumbers(context), ...(card && { card }) }, 'fapiao-issued']
  }
  // A card that is on its way into the wallet arrives before the reversal takes it out again.
  if (fapiao.status !== 'REVERSE_ACCEPTED' || fapiao.card?.card_status === 'INSERT_ACCEPTED') return undefined
  const status = requireStateAfter(FAPIAO_STATES, fapiao.status, 'finish-reversal')
  const { card } = fapiao
  const discarded = card?.card_status === 'INSERTED' && {
    card: { ...card, card_status: requireStateAfter(CARD_STATES, card.card_status, 'discard') },
  }
  return [{ ...fapiao, status, red: newNumbers(context), error: undefined, ...discarded }, 'fapiao-reversed']
}

/** Returns an invoice after what the wallet does with its card, and the event that the merchant hears of. */
export function finishCard(fapiao: Fapiao): readonly [Fapiao, FapiaoChanged['type']] | undefined {
  const { card } = fapiao
  if (card?.card_status === 'INSERT_ACCEPTED') {
    const card_status = requireStateAfter(CARD_STATES, card.card_status, 'insert')
    return [{ ...fapiao, card: { ...card, card_status } }, 'fapiao-card-inserted']
  }
  if (card?.card_status !== 'DISCARD_ACCEPTED') return undefined
  const card_status = requireStateAfter(CARD_STATES, card.card_status, 'finish-discard')
  return [{ ...fapiao, card: { ...card, card_status } }, 'fapiao-card-discarded']
}

/** Returns whether something of an invoice is still going on. */
export const isPending = ({ status, card }: Fapiao): boolean =>
  status.endsWith('_ACCEPTED') || (card?.card_status.endsWith('_ACCEPTED') ?? false)
