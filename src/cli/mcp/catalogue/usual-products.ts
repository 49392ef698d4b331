/**
 * Products that most merchants use, by their tag: of endpoints that match a query alike, theirs come first. The
 * explorer lists them in this order.
 */
export const USUAL_PRODUCTS: ReadonlySet<string> = new Set([
  '基础支付',
  '退款',
  '账单',
  '分账',
  '商家转账（用户确认模式）',
  '代金券',
  '消费者投诉',
  '商户进件',
  '文件上传',
  '平台证书',
  '微信支付分',
  '委托代扣',
])
