/** The unit of the position parameter: items, pages, or either (undocumented); or a token issued by the service. */
export type PositionUnit = 'items' | 'pages' | 'either' | 'token'

/** The paging scheme of an endpoint. */
export interface Pagination {
  /** Query parameter with the beginning of the page. */
  readonly position: string
  readonly unit: PositionUnit
  /** Query parameter with the maximum number of items on a page. */
  readonly size: string
  /** Response field with the total number of items, if reliable. */
  readonly total?: string
  /** Response field with the beginning of the next page. */
  readonly next?: string
}
