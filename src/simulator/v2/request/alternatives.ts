const ORDER = ['transaction_id', 'out_trade_no']
const SERVICE_ORDER = ['out_order_no', 'return_query_id']
const REFUND = ['refund_id', 'out_refund_no', ...ORDER]

/**
 * Parameters of which one is enough (二选一, 四选一), by path. The definitions mark all of them as optional, because a list
 * of fields cannot express the alternative.
 */
export const ALTERNATIVES: Readonly<Record<string, readonly string[]>> = {
  '/cgi-bin/mch/customs/customdeclarequery': ['out_trade_no', 'transaction_id', 'sub_order_no', 'sub_order_id'],
  '/deposit/consume': ORDER,
  '/deposit/orderquery': ORDER,
  '/deposit/refund': ORDER,
  '/deposit/refundquery': REFUND,
  '/deposit/reverse': ORDER,
  '/pay/facepayquery': ORDER,
  '/pay/paporderquery': ORDER,
  '/pay/partner/paporderquery': ORDER,
  '/pay/refundqueryv2': REFUND,
  '/secapi/mch/addsubdevconfig': ['sub_appid', 'jsapi_path'],
  '/secapi/pay/facepayreverse': ORDER,
  '/secapi/pay/refundv2': ORDER,
  '/secapi/pay/reverse': ORDER,
  '/wxv/queryhotelbill': SERVICE_ORDER,
  '/wxv/queryrentbill': SERVICE_ORDER,
}

/**
 * Parameters that an action in the URL requires, by path and action. The definitions mark them as optional, because one list of
 * fields serves all actions.
 */
export const REQUIRED_BY_ACTION: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '/secapi/mch/submchmanage': {
    add: ['merchant_name', 'merchant_shortname', 'business', 'merchant_remark'],
    modify: ['sub_mch_id'],
    query: ['page_index'],
  },
}
