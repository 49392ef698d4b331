/** The unit of the position parameter: items, pages, or either (undocumented); or a token issued by the service. */
export type PositionUnit = 'items' | 'pages' | 'either' | 'token'

/** How an endpoint returns a list in pages. */
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

/** Paths of all endpoints by their way of paging. */
const PATHS_BY_PAGINATION: readonly (readonly [pagination: Pagination, paths: string])[] = [
  [
    { position: 'offset', unit: 'items', size: 'limit', total: 'total_count' },
    `
      v3/brand/partner/store/brandstores
      v3/capital/capitallhh/banks/corporate-banking
      v3/capital/capitallhh/banks/personal-banking
      v3/capital/capitallhh/banks/{bank_alias_code}/branches
      v3/merchant-service/complaints
      v3/merchant-service/complaints-v2
      v3/merchant-service/complaints-v2/{complaint_id}/negotiation-historys
      v3/brand/partner/card-member/membership-activities
      v3/customs/orders
      v3/ecommerce/subject-sub-merchants
      v3/webizpay/avail-mch-ranges/{range_id}/merchant-identifiers
      v3/new-tax-control-fapiao/fapiaomerchant/listspinvitemchinfo
      v3/new-tax-control-fapiao/merchant/tax-codes
      v3/global/settle/settlements
      v3/global/merchant-service/complaints
      v3/global/merchant-service/complaints/{complaint_id}/negotiation-historys
      v3/global/customs/orders
      v3/settle/settlements
      v3/merchantfund/merchant/income-records
      v3/merchantfund/partner/income-records
      v3/iotmanage/devices
      v3/lovefeast/users/{openid}/orders/brand-id/{brand_id}
      v3/mch-manage/mch-manage-records/sub-mchid/{sub_mchid}
      v3/transaction-block/transaction-block-records/sub-mchid/{sub_mchid}
      v3/marketing/membercard-activity/activities
      v3/papay/insurance-sign/policy_periods/plan-id/{plan_id}/out-contract-code/{out_contract_code}
      v3/payroll-card/authentications
      v3/smartguide/guides
      v3/taxi-invoice/user-taxi-orders
      v3/marketing/weekly-discount/activities
    `,
  ],
  // The documentation calls the parameter 分页页码 (页码从0开始), but the page of brand/partner/card-member/cards was changed to
  // 分页开始位置，offset=10，表示从第11条记录开始. The responses decide which one applies.
  [
    { position: 'offset', unit: 'either', size: 'limit', total: 'total_count' },
    `
      v3/marketing/bank/packages/{package_id}/tasks
      v3/marketing/withdraw-favor/users/{openid}/coupons
      v3/brand/partner/card-member/cards
      v3/brand/partner/card-member/user-cards
      v3/marketing/goods-subsidy-activity/activities
      v3/marketing/goods-subsidy-activity/retail-store-act/{activity_id}/representatives
      v3/marketing/goods-subsidy-activity/retail-store-act/{brand_id}/stores
      v3/marketing/busifavor/stocks/{stock_id}/couponcodes
      v3/marketing/busifavor/users/{openid}/coupons
      v3/marketing/favor/stocks
      v3/marketing/favor/stocks/{stock_id}/items
      v3/marketing/favor/stocks/{stock_id}/merchants
      v3/marketing/favor/users/{openid}/coupons
      v3/edu-papay/user/{openid}/contracts
      v3/eduschoolpay/users/{openid}/contracts
      v3/edu-star/orders
      v3/marketing/membercard-open/cards
      v3/marketing/membercard-open/user/cards
      v3/marketing/partnerships
      v3/marketing/paygiftactivity/activities
      v3/marketing/paygiftactivity/activities/{activity_id}/goods
      v3/marketing/paygiftactivity/activities/{activity_id}/merchants
      v3/brand/marketing/shake-activities/activities
    `,
  ],
  // The response has no total, or that of the whole batch, which ignores the filter `detail_state`.
  [
    { position: 'offset', unit: 'items', size: 'limit' },
    `
      v3/bank-transfer/batches/batch-id/{batch_id}
      v3/bank-transfer/batches/out-batch-no/{out_batch_no}
      v3/platsolution/insurance/mch-transfer/batches/batch-id/{batch_id}
      v3/platsolution/insurance/mch-transfer/batches/out-batch-no/{out_batch_no}
      v3/platsolution/mch-transfer/batches/batch-id/{batch_id}
      v3/platsolution/mch-transfer/batches/out-batch-no/{out_batch_no}
      v3/offlineface/face-collections
      v3/parking/reminders/applications
      v3/partner-transfer/batches/batch-id/{batch_id}
      v3/partner-transfer/batches/out-batch-no/{out_batch_no}
      v3/transfer/batches/batch-id/{batch_id}
      v3/transfer/batches/out-batch-no/{out_batch_no}
    `,
  ],
  [
    { position: 'offset', unit: 'items', size: 'count', total: 'total_num' },
    `
      v3/global/refunds
      v3/refunds
    `,
  ],
  [
    { position: 'offset', unit: 'items', size: 'page_size', total: 'total_count' },
    `
      v3/marketing/partner/delivery-plan/delivery-plans/{brand_id}/delivery-plans
    `,
  ],
  [
    { position: 'page_index', unit: 'pages', size: 'page_size', total: 'total_num' },
    `
      v3/brand/card/card-links
    `,
  ],
  [
    { position: 'page_token', unit: 'token', size: 'page_size', next: 'next_page_token' },
    `
      v3/marketing/partner/product-coupon/product-coupons/{product_coupon_id}/stocks
      v3/marketing/partner/product-coupon/product-coupons/{product_coupon_id}/stocks/{stock_id}/associated-stores
      v3/marketing/partner/product-coupon/users/{openid}/coupons
    `,
  ],
]

/** Maps the path of each GET that pages, with placeholders as `{name}`. */
export const PAGINATIONS: ReadonlyMap<string, Pagination> = new Map(
  PATHS_BY_PAGINATION.flatMap(([pagination, paths]) =>
    paths
      .trim()
      .split(/\s+/)
      .map(path => [path, pagination] as const),
  ),
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
