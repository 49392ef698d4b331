import type { Order } from '../../../simulator/accounts/orders/order.ts'
import type { ProductRecordLists } from '../../../simulator/control/actions/product-records-action.ts'
import type { StateMachines } from '../../../simulator/control/actions/state-actions.ts'
import type { ItemAction } from '../../items.tsx'
import type { ShownMachine } from '../state-words.ts'
import type { ProductWords } from './words.ts'

/** An action of a record, which the state must admit if it stands for an event. */
export interface RowAction extends ItemAction {
  /** Event of the table of states. */
  readonly event?: string
  /** Whether the record admits the action, besides its state. Default true. */
  readonly isPossible?: boolean
}

/** A record as the console shows it. */
export interface Row {
  /** Tells the record from the others of its product. */
  readonly id: string
  /** The number that the merchant knows it by. */
  readonly number: string
  /** Its table of states. */
  readonly machine: ShownMachine
  readonly state: string
  readonly description: string
  /** Fen. */
  readonly amount?: number | undefined
  readonly note?: string | undefined
  readonly actions: readonly RowAction[]
}

/** All that the rows of products are made from. */
export interface RowContext {
  readonly lists: ProductRecordLists
  readonly orders: readonly Order[]
  /** Undefined until they have been read. */
  readonly machines: StateMachines | undefined
  readonly words: ProductWords
}

/** A kind of record. */
export interface Product {
  readonly title: keyof ProductWords['titles']
  /** Returns the records, the newest first. */
  readonly rowsOf: (context: RowContext) => readonly Row[]
}

/** Joins the parts of a description, or of a note, that there are; undefined if there is none. */
export const joined = (...parts: readonly (string | undefined | false)[]): string | undefined =>
  parts.filter(Boolean).join(' · ') || undefined
