import type { Api } from '../../definitions/call.ts'
/** Calls whose outcome can be found by a query, according to the definitions: a row of `generated/settled-by.ts`. */
export interface SettledBy {
  /** Their name in the ledger, in metrics and in the gateway's own events. */
  readonly kind: string
  readonly api: Api
  /** The calls, method and path: `POST /v3/profitsharing/orders`. */
  readonly calls: readonly string[]
  /** The query, method and path: `GET /v3/profitsharing/orders/{out_order_no}`. */
  readonly query: string
  /** The field with the merchant's number, in the calls, the query and its response. */
  readonly number: string
  /** The other parameters of the query. */
  readonly params: readonly string[]
  /** The parameters that the query requires, without the merchant itself. */
  readonly required?: readonly string[]
  /** Constant parameters. */
  readonly with?: Readonly<Record<string, string>>
  /** The paths of parameters that are nested in the calls: `business.business_product_id`. */
  readonly from?: Readonly<Record<string, string>>
  /** The name of the {@link Reader} of the response. Default: `state` and `final` describe it. */
  readonly as?: string
  /** The object of the response with the number and the state. */
  readonly at?: string
  /** The field with the state. */
  readonly state?: string
  /** The final states, with the notification that WeChat Pay sends; null if it sends none. */
  readonly final?: Readonly<Record<string, string | null>>
  /** The fields of that notification. */
  readonly fields?: readonly string[]
  /** The states without a payment, in which it is safe to stop querying. */
  readonly unpaid?: readonly string[]
}
