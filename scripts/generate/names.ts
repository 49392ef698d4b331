import type { Api } from './openapi.ts'

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)

/** Converts `pre-order`, `out_trade_no` to `PreOrder`, `OutTradeNo`. */
export const pascal = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map(capital)
    .join('')

/** Converts `REFUND.SUCCESS`, `refund-processed` to `RefundSuccess`, `RefundProcessed`. */
const eventWords = (event: string): string => pascal(event === event.toUpperCase() ? event.toLowerCase() : event)

/** The APIs that are the first segment of their paths. */
const NAMED: readonly string[] = ['v3', 'brand'] satisfies Api[]

/** Splits a path without its API: `/v3/pay/transactions` becomes `pay`, `transactions`. */
export const segmentsOf = (path: string): string[] =>
  path.split('/').filter((part, at) => part !== '' && !(at === 1 && NAMED.includes(part)))

/** Returns the name of a placeholder: `{out_trade_no}` → `out_trade_no`; `undefined` for a literal segment. */
export const placeholder = (segment: string): string | undefined => /^\{(.+)\}$/.exec(segment)?.[1]

/** Returns the path of an endpoint as a call names it: `v3/pay/transactions/native`, `v2/pay/unifiedorder`. */
export const pathName = ({ api, path }: { api: Api; path: string }): string =>
  api === 'v2' ? `v2${path}` : path.slice(1)

/** Lists the names of the placeholders of a path. */
export const placeholders = (path: string): string[] => path.split('/').flatMap(segment => placeholder(segment) ?? [])

/**
 * Removes the names of placeholders and a final slash from a path, so that paths matching the same URLs become equal.
 */
export const erased = (path: string): string => path.replace(/\{[^}]+\}/g, '{}').replace(/\/$/, '')

/** Joins API, path and method: `v3` + `PayTransactionsJsapi` + `Post`. */
export const operationId = (api: Api, path: string, method: string): string =>
  api + segmentsOf(path).map(pascal).join('') + capital(method.toLowerCase())

/**
 * Joins API, event and `Notification`: `v3RefundSuccessNotification`. APIv2 event types are specific to a product and
 * get its name: `v2RentTransactionSuccessNotification`, beside `v2TransactionSuccessNotification` for
 * `transaction-success`.
 */
export function notificationId(api: Api, file: string, event: string): string {
  const product = api === 'v2' && event === event.toUpperCase() ? pascal(file.replace(/^.*\/|\.yaml$/g, '')) : ''
  return `${api}${product}${eventWords(event)}Notification`
}

/** Returns the unique name of a component: API, file (unless it is `common` or the name starts with it), own name. */
export function componentName(file: string, name: string): string {
  const [api = '', base = ''] = file.replace(/\.yaml$/, '').split('/')
  const product = base === 'common' || name.startsWith(pascal(base)) ? '' : pascal(base)
  return capital(api) + product + name
}

/** Returns the prefix of the types of an operation: `V3PayTransactionsJsapiPost`. */
export const typeName = (id: string): string => capital(id)

/** Converts a literal segment to a property of a chain: `pre-order` → `preOrder`; underscores and capitals stay. */
export const chained = (segment: string): string =>
  segment.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** Converts a property to a segment by the default rule of chains: each capital becomes `-` and lower case. */
export const unchained = (property: string): string => property.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/** Quotes a property name if TypeScript requires it. */
export const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name))

export const quoted = (text: string): string =>
  `'${text.replace(/[\\']/g, character => `\\${character}`).replaceAll('\n', '\\n')}'`
