/** Calls whose outcome one query tells, as the definitions have it: a row of `generated/settled-by.ts`. */
export interface SettledBy {
  /** Names them in the ledger, the metrics and the events of ours. */
  readonly kind: string
  readonly api: 'v2' | 'v3'
  /** The calls, method and path: `POST /v3/profitsharing/orders`. */
  readonly calls: readonly string[]
  /** The query, method and path: `GET /v3/profitsharing/orders/{out_order_no}`. */
  readonly query: string
  /** The merchant's number, by its name in the calls, the query and its response. */
  readonly number: string
  /** The other parameters of the query. */
  readonly params: readonly string[]
  /** Those that the query requires, beside the merchant itself. */
  readonly required?: readonly string[]
  /** Parameters that are always the same. */
  readonly with?: Readonly<Record<string, string>>
  /** Where the calls nest a parameter: `business.business_product_id`. */
  readonly from?: Readonly<Record<string, string>>
  /** Which rule reads the response; otherwise `state` and `final` say all. */
  readonly as?: string
  /** The object of the response that holds the number and the state. */
  readonly at?: string
  readonly state?: string
  /** The states that end it, with the notification that WeChat Pay sends then; null where it sends none. */
  readonly final?: Readonly<Record<string, string | null>>
  /** The fields of that notification. */
  readonly fields?: readonly string[]
  /** The states in which nobody has paid, so that nothing is lost when it is asked for no more. */
  readonly unpaid?: readonly string[]
}
