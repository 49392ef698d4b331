/** An error code (错误码) of WeChat Pay, as its page about the endpoint has it. */
export interface ErrorCode {
  readonly code: string
  /** HTTP status; undefined in APIv2, and where the page has none. */
  readonly status: number | undefined
  /** 描述 */
  readonly label: string
  /** 解决方案 */
  readonly remedy: string
}

/** Codes by endpoint, one per line: code, status or -, 描述, 解决方案. `*` are those of every endpoint of APIv3 (公共错误码). */
const TEXT = `
*
  PARAM_ERROR|400|参数错误|请根据错误提示正确传入参数
  INVALID_REQUEST|400|不符合接口规则|请参阅接口规则
  SIGN_ERROR|401|验证不通过|请参阅签名常见问题
  SYSTEM_ERROR|500|系统异常|请稍后重试
GET /v3/compliance/inactive-merchant-identity-verification/merchants/{sub_mchid}/verifications/{verification_id}
  PARAM_ERROR|400|参数错误|请根据错误提示正确传入参数
  INVALID_REQUEST|400|请输入正确的子商户号|请确认子商户号的业务归属
  SIGN_ERROR|401|验证不通过|请参阅签名常见问题
  SYSTEM_ERROR|500|系统异常|请稍后重试
  NO_AUTH|403|暂无权限访问此单据|请检查单据号是否有误
  NOT_FOUND|404|查询不到此单据|请检查单据号是否有误
  FREQUENCY_LIMIT_EXCEED|429|频率过快|请降低频率后重试
GET /v3/apply4subject/applyment
  SYSTEMERROR|500|系统错误|使用相同参数稍后重新调用
  PARAM_ERROR|400|参数错误|请使用正确的参数重新调用
  INVALID_REQUEST|400|无效请求|根据错误信息进行操作
  NOAUTH|403|商户权限异常|请确认是否已经开通相关权限
GET /v3/profitsharing/bills
  SYSTEM_ERROR|500|系统超时|系统异常，请使用相同参数稍后重新调用
  PARAM_ERROR|400|请求参数不符合参数格式|请使用正确的参数重新调用
  RATELIMIT_EXCEED|429|接口有频率限制|请降低频率后重试
  INVALID_REQUEST|400|账单尚未生成|请确认账单时间是否正确
  NO_STATEMENT_EXIST|400|账单尚未生成|请确认账单时间是否正确
GET /v3/profitsharing/merchant-configs/{sub_mchid}
  SYSTEM_ERROR|500|系统超时|系统异常，请使用相同参数稍后重新调用
  PARAM_ERROR|400|请求参数不符合参数格式|请使用正确的参数重新调用
  RATELIMIT_EXCEED|429|接口有频率限制|请降低频率后重试
  NO_AUTH|403|子商户未开通分账功能|请先开通子商户的分账功能
POST /v3/profitsharing/orders
  SYSTEM_ERROR|500|系统超时|系统异常，请使用相同参数稍后重新调用
  PARAM_ERROR|400|请求参数不符合参数格式|请使用正确的参数重新调用
  INVALID_REQUEST|400|请求参数符合参数格式，但不符合业务规则|请根据返回的错误信息确认违反的业务规则
  RATELIMIT_EXCEED|429|接口有频率限制|请降低频率后重试
  NOT_ENOUGH|403|传入的分账金额超过了当前订单的剩余可分金额|调整分账金额
  NO_AUTH|403|未开通分账权限|请开通商户号分账权限
GET /v3/profitsharing/orders/{out_order_no}
  SYSTEM_ERROR|500|系统超时|系统异常，请使用相同参数稍后重新调用
  PARAM_ERROR|400|请求参数不符合参数格式|请使用正确的参数重新调用
  RATELIMIT_EXCEED|429|接口有频率限制|请降低频率后重试
  RESOURCE_NOT_EXISTS|404|分账单不存在|请检查请求的单号是否正确
POST /v3/profitsharing/orders/unfreeze
  SYSTEM_ERROR|500|系统超时|系统异常，请使用相同参数稍后重新调用
  PARAM_ERROR|400|请求参数不符合参数格式|请使用正确的参数重新调用
  INVALID_REQUEST|400|请求参数符合参数格式，但不符合业务规则|请根据返回的错误信息确认违反的业务规则
  RATELIMIT_EXCEED|429|接口有频率限制|请降低频率后重试
  NOT_ENOUGH|403|分账已完成|分账已完成，无需再请求解冻剩余资金
  NO_AUTH|403|未开通分账权限|请开通商户号分账权限
GET /v3/profitsharing/transactions/{transaction_id}/amounts
  SYSTEM_ERROR|500|系统超时|系统异常，请使用相同参数稍后重新调用
  PARAM_ERROR|400|请求参数不符合参数格式|请使用正确的参数重新调用
  RATELIMIT_EXCEED|429|接口有频率限制|请降低频率后重试
  INVALID_REQUEST|400|请求参数符合参数格式，但不符合业务规则|请根据返回的错误信息确认违反的业务规则
POST /v3/refund/domestic/refunds
  SYSTEM_ERROR|-|接口返回错误|请不要更换商户退款单号，请使用相同参数再次调用API
  USER_ACCOUNT_ABNORMAL|-|退款请求失败|此状态代表退款申请失败，商户可自行处理退款
  NOT_ENOUGH|-|余额不足|此状态代表退款申请失败，商户可根据具体的错误提示做相应的处理
  PARAM_ERROR|-|参数错误|请求参数错误，请重新检查再调用退款申请
  MCH_NOT_EXISTS|-|MCHID不存在|请检查MCHID是否正确
  RESOURCE_NOT_EXISTS|-|订单号不存在|请检查你的订单号是否正确且是否已支付
  SIGN_ERROR|-|签名错误|请检查签名参数和方法是否都符合签名算法要求
  FREQUENCY_LIMITED|-|频率限制|该笔退款未受理，请降低频率后重试
  INVALID_REQUEST|-|请求参数符合参数格式，但不符合业务规则|此状态代表退款申请失败，商户可根据具体的错误提示做相应的处理
  NO_AUTH|-|没有退款权限|此状态代表退款申请失败，请检查是否有退这笔订单的权限
GET /v3/refund/domestic/refunds/{out_refund_no}
  SYSTEM_ERROR|-|接口返回错误|请尝试再次调用API
  RESOURCE_NOT_EXISTS|-|退款单查询失败|请检查退款单号是否有误以及订单状态是否正确
  PARAM_ERROR|-|参数错误|请求参数错误，请检查参数再调用退款查询
  MCH_NOT_EXISTS|-|MCHID不存在|请检查MCHID是否正确
  SIGN_ERROR|-|签名错误|请检查签名参数和方法是否都符合签名算法要求
GET /v3/marketing/membercard-open/callback
  NO_AUTH|403|商户暂无权限使用此功能|请开通商户号权限
  SYSTEM_ERROR|500|生成二维码链接失败|使用相同参数稍后重新调用
  INVALID_REQUEST|400|扫码投放场景不支持实时code模式|更换非实时code模式的会员卡
POST /pay/unifiedorder
  NOAUTH|-|商户无此接口权限|请商户前往申请此接口权限
  NOTENOUGH|-|余额不足|用户帐号余额不足，请用户充值或更换支付卡后再支付
  ORDERPAID|-|商户订单已支付|商户订单已支付，无需更多操作
  ORDERCLOSED|-|订单已关闭|当前订单已关闭，请重新下单
  SYSTEMERROR|-|系统错误|系统异常，请用相同参数重新调用
  APPID_NOT_EXIST|-|APPID不存在|请检查APPID是否正确
  MCHID_NOT_EXIST|-|MCHID不存在|请检查MCHID是否正确
  APPID_MCHID_NOT_MATCH|-|appid和mch_id不匹配|请确认appid和mch_id是否匹配
  LACK_PARAMS|-|缺少参数|请检查参数是否齐全
  OUT_TRADE_NO_USED|-|商户订单号重复|请核实商户订单号是否重复提交
  SIGNERROR|-|签名错误|请检查签名参数和方法是否都符合签名算法要求
  XML_FORMAT_ERROR|-|XML格式错误|请检查XML参数格式是否正确
  REQUIRE_POST_METHOD|-|请使用post方法|请检查请求参数是否通过post方法提交
  POST_DATA_EMPTY|-|post数据为空|请检查post数据是否为空
  NOT_UTF8|-|编码格式错误|请使用UTF-8编码格式
POST /pay/closeorder
  ORDERPAID|-|订单已支付|
  SYSTEMERROR|-|系统错误|
  ORDERNOTEXIST|-|订单不存在|
  ORDERCLOSED|-|订单已关闭|
  SIGNERROR|-|签名错误|
  REQUIRE_POST_METHOD|-|未使用POST传递参数|
  XML_FORMAT_ERROR|-|XML格式错误|
  TRADE_STATE_ERROR|-|订单状态错误|
POST /secapi/pay/refund
  SYSTEMERROR|-|接口返回错误|请不要更换商户退款单号，请使用相同参数再次调用API
  BIZERR_NEED_RETRY|-|退款业务流程错误，需要商户触发重试来解决|请不要更换商户退款单号，请使用相同参数再次调用API
  TRADE_OVERDUE|-|订单已经超过退款期限|请选择其他方式自行退款
  ERROR|-|业务错误|该错误都会返回具体的错误原因，请根据实际返回做相应处理
  USER_ACCOUNT_ABNORMAL|-|退款请求失败|此状态代表退款申请失败，商户可自行处理退款
  INVALID_REQ_TOO_MUCH|-|无效请求过多|请检查业务是否正常，确认业务正常后请在1分钟后再来重试
  NOTENOUGH|-|余额不足|此状态代表退款申请失败，商户可根据具体的错误提示做相应的处理
  INVALID_TRANSACTIONID|-|无效transaction_id|请求参数错误，检查原交易号是否存在或发起支付交易接口返回失败
  PARAM_ERROR|-|参数错误|请求参数错误，请重新检查再调用退款申请
  APPID_NOT_EXIST|-|APPID不存在|请检查APPID是否正确
  MCHID_NOT_EXIST|-|MCHID不存在|请检查MCHID是否正确
  ORDERNOTEXIST|-|订单号不存在|请检查你的订单号是否正确且是否已支付
  REQUIRE_POST_METHOD|-|请使用post方法|请检查请求参数是否通过post方法提交
  SIGNERROR|-|签名错误|请检查签名参数和方法是否都符合签名算法要求
  XML_FORMAT_ERROR|-|XML格式错误|请检查XML参数格式是否正确
  FREQUENCY_LIMITED|-|频率限制|该笔退款未受理，请降低频率后重试
POST /pay/refundquery
  SYSTEMERROR|-|接口返回错误|请尝试再次掉调用API
  REFUNDNOTEXIST|-|退款订单查询失败|请检查订单号是否有误以及订单状态是否正确
  INVALID_TRANSACTIONID|-|无效transaction_id|请求参数错误，检查原交易号是否存在或发起支付交易接口返回失败
  PARAM_ERROR|-|参数错误|请求参数错误，请检查参数再调用退款申请
  APPID_NOT_EXIST|-|APPID不存在|请检查APPID是否正确
  MCHID_NOT_EXIST|-|MCHID不存在|请检查MCHID是否正确
  REQUIRE_POST_METHOD|-|请使用post方法|请检查请求参数是否通过post方法提交
  SIGNERROR|-|签名错误|请检查签名参数和方法是否都符合签名算法要求
  XML_FORMAT_ERROR|-|XML格式错误|请检查XML参数格式是否正确
POST /pay/downloadbill
  SYSTEMERROR|-|下载失败|请尝试再次查询
  invalid bill_type|-|参数错误|参数错误，请重新检查
  data format error|-|参数错误|参数错误，请重新检查
  missing parameter|-|参数错误|参数错误，请重新检查
  SIGN ERROR|-|参数错误|参数错误，请重新检查
  No Bill Exist|-|账单不存在|请检查当前商户号在指定日期内是否有成功的交易
  Bill Creating|-|账单未生成|请先检查当前商户号在指定日期内是否有成功的交易
  CompressGZip Error|-|账单压缩失败|账单压缩失败，请稍后重试
  UnCompressGZip Error|-|账单解压失败|账单解压失败，请稍后重试
`

let codes: ReadonlyMap<string, readonly ErrorCode[]> | undefined

function readCodes(): ReadonlyMap<string, readonly ErrorCode[]> {
  const read = new Map<string, ErrorCode[]>()
  let rows: ErrorCode[] = []
  for (const line of TEXT.trim().split('\n')) {
    if (!line.startsWith(' ')) {
      rows = []
      read.set(line, rows)
      continue
    }
    const [code = '', status, label = '', remedy = ''] = line.trim().split('|')
    rows.push({ code, status: status === '-' ? undefined : Number(status), label, remedy })
  }
  return read
}

/**
 * Returns the documented error codes of an endpoint, and in APIv3 those of every endpoint.
 *
 * @param endpoint method and path as in the definitions, APIv2 without `/v2`: `POST /v3/refund/domestic/refunds`
 */
export function errorCodesOf(endpoint: string): readonly ErrorCode[] {
  codes ??= readCodes()
  const own = codes.get(endpoint) ?? []
  if (!endpoint.includes('/v3/')) return own
  const common = codes.get('*') ?? []
  return [...own, ...common.filter(({ code }) => !own.some(row => row.code === code))]
}
