import type { Reply } from '../../core/endpoints/call.ts'
import type { LIST_FIELDS } from './listings.ts'

/** What can be asked for a list: an endpoint whose GET pages. */
export interface Pageable {
  // biome-ignore lint/suspicious/noExplicitAny: what a GET takes and gives is each endpoint's own
  get(options: any): Promise<Reply<any>>
}

/** What a GET answers with: a page. */
export type PageOf<Endpoint extends Pageable> = Endpoint extends { get(options: infer _): Promise<Reply<infer Page>> }
  ? Page
  : never

type ListName = (typeof LIST_FIELDS)[number]

/** What a page is a list of. */
export type ItemOf<Endpoint extends Pageable> =
  NonNullable<PageOf<Endpoint>[Extract<keyof PageOf<Endpoint>, ListName>]> extends readonly (infer Item)[]
    ? Item
    : never

/** Where a page begins: for the iterator to say, from the second page on. */
type Position = 'offset' | 'page_index' | 'page_token'
type WithOptionalPosition<Query> = Omit<Query, Position> & Partial<Pick<Query, Extract<keyof Query, Position>>>

type GetOptions<Endpoint extends Pageable> = NonNullable<Parameters<Endpoint['get']>[0]>

/** What the GET takes; where the first page begins may be left out. */
export type PagesOptions<Endpoint extends Pageable> =
  GetOptions<Endpoint> extends { params: infer Query }
    ? Omit<GetOptions<Endpoint>, 'params'> & { params: WithOptionalPosition<Query> }
    : GetOptions<Endpoint> extends { params?: infer Query }
      ? Omit<GetOptions<Endpoint>, 'params'> & { params?: WithOptionalPosition<NonNullable<Query>> }
      : GetOptions<Endpoint>

/** Left out where nothing in it is required. */
export type PagesArguments<Endpoint extends Pageable> =
  Partial<PagesOptions<Endpoint>> extends PagesOptions<Endpoint>
    ? [options?: PagesOptions<Endpoint>]
    : [options: PagesOptions<Endpoint>]
