import type { Reply } from '../../definitions/call.ts'
import type { LIST_FIELDS } from './listings.ts'

/** An endpoint whose GET returns a list in pages. */
export interface Pageable {
  // biome-ignore lint/suspicious/noExplicitAny: options and response differ between endpoints
  get(options: any): Promise<Reply<any>>
}

/** The response of a GET: one page. */
export type PageOf<Endpoint extends Pageable> = Endpoint extends { get(options: infer _): Promise<Reply<infer Page>> }
  ? Page
  : never

type ListName = (typeof LIST_FIELDS)[number]

/** The type of the list's items. */
export type ItemOf<Endpoint extends Pageable> =
  NonNullable<PageOf<Endpoint>[Extract<keyof PageOf<Endpoint>, ListName>]> extends readonly (infer Item)[]
    ? Item
    : never

/** Position parameters, which the iterator sets from the second page on. */
type Position = 'offset' | 'page_index' | 'page_token'
type WithOptionalPosition<Query> = Omit<Query, Position> & Partial<Pick<Query, Extract<keyof Query, Position>>>

type GetOptions<Endpoint extends Pageable> = NonNullable<Parameters<Endpoint['get']>[0]>

/** Options of the GET; the position of the first page is optional. */
export type PagesOptions<Endpoint extends Pageable> =
  GetOptions<Endpoint> extends { params: infer Query }
    ? Omit<GetOptions<Endpoint>, 'params'> & { params: WithOptionalPosition<Query> }
    : GetOptions<Endpoint> extends { params?: infer Query }
      ? Omit<GetOptions<Endpoint>, 'params'> & { params?: WithOptionalPosition<NonNullable<Query>> }
      : GetOptions<Endpoint>

/** Arguments of {@link pages}; optional if no option is required. */
export type PagesArguments<Endpoint extends Pageable> =
  Partial<PagesOptions<Endpoint>> extends PagesOptions<Endpoint>
    ? [options?: PagesOptions<Endpoint>]
    : [options: PagesOptions<Endpoint>]
