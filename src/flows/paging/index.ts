export { pages, pagesOf } from './pages.ts'
export type { ItemOf, Pageable, PageOf, PagesArguments, PagesOptions } from './types.ts'
