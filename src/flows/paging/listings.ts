import { pathsByPagination } from '../generated/paginations.ts'
import type { Pagination } from './pagination.ts'

/** Maps the path of each GET that pages, with placeholders as `{name}`. */
export const PAGINATIONS: ReadonlyMap<string, Pagination> = new Map(
  pathsByPagination.flatMap(([pagination, paths]) => paths.split(' ').map(path => [path, pagination] as const)),
)

/** Response fields that contain the list. */
export const LIST_FIELDS = [
  'data',
  'transfer_detail_list',
  'active_link_list',
  'mch_invite_result_list',
  'face_collections',
  'application_list',
  'stock_list',
  'store_list',
  'user_coupon_list',
  'plan_list',
] as const
