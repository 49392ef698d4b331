import type { FindingCode } from '../../gateway/health/finding.ts'

/** The findings of the health checks, in Chinese. A library's own message stays in English. */
export const FINDINGS_ZH: Readonly<Record<FindingCode, string>> = {
  configuration_valid: '配置有效。',
  configuration_warning: '{option}：{message}。',
  error: '检查未通过：{message}',
  failed: '检查失败（{error}）。',
  ledger_failed: '账本出错，无法确定（{reason}）。',
  no_private_key: '没有私钥：该商户只用 APIv2，不需要私钥。',
  signer: '私钥由签名器保管，证书序列号 {serial}；只有深度检查才会调用签名器。',
  private_key_valid: '私钥有效，证书序列号 {serial}。',
  brand_keys_valid: '品牌 {brand} 的密钥有效，微信支付公钥为 {key}。',
  serial_only: '只配置了证书序列号，无法得知有效期。',
  certificate_of_other_merchant:
    '证书属于商户 {owner}，不是 {merchant}。请把商户号改为 {owner}，或配置 {merchant} 的私钥和证书。',
  merchant_certificate_valid: '商户 API 证书有效期至 {day}，还剩 {days} 天。',
  merchant_certificate_expires_soon:
    '商户 API 证书有效期至 {day}，还剩 {days} 天。请及时更换：商户平台 → API 安全 → 商户 API 证书。',
  merchant_certificate_expired: '商户 API 证书已于 {day} 过期。请更换：商户平台 → API 安全 → 商户 API 证书。',
  merchant_certificate_not_yet_valid: '商户 API 证书自 {day} 起才生效，请校准时钟。',
  platform_certificate_valid: '平台证书 {serial} 有效期至 {day}，还剩 {days} 天。',
  platform_certificate_expires_soon:
    '平台证书 {serial} 有效期至 {day}，还剩 {days} 天。请配置下一张平台证书，或改用微信支付公钥。',
  platform_certificate_expired: '平台证书 {serial} 已于 {day} 过期。请配置下一张平台证书，或改用微信支付公钥。',
  platform_certificate_not_yet_valid: '平台证书 {serial} 自 {day} 起才生效，请校准时钟。',
  apiv3_key_missing: '没有 APIv3 密钥，无法解密通知。请配置（商户平台 → API 安全 → APIv3 密钥）。',
  apiv3_key_valid: 'APIv3 密钥格式正确。',
  public_key_mode: '使用微信支付公钥 {key}（公钥模式）。',
  platform_certificates_available: '平台证书已配置，或在需要时下载。',
  signature_accepted: '微信支付接受了签名，应答已用 {key} 验签。',
  certificates_downloaded: '微信支付接受了签名，应答已用 {key} 验签。平台证书：{certificates}。',
  response_unsigned:
    '应答（{code}）没有签名，可能来自代理，不能证明微信支付接受了签名。请确认 baseUrl 指向微信支付，且代理转发 Wechatpay-… 等 HTTP 头。',
  no_deliveries_pending: '{pending} 个投递等待中，{dead} 个已放弃。',
  deliveries_pending: '{pending} 个投递等待中，最早的已等待 {minutes} 分钟；{dead} 个已放弃。',
  ledger_writable: '账本可写。',
  ledger_not_writable: '账本无法写入（{reason}）：恢复之前网关拒收通知，由微信支付稍后重发。',
  disk_not_writable: '账本无法写入（{reason}）：恢复之前网关拒收通知，由微信支付稍后重发。请释放磁盘空间。',
  ledger_newer:
    '账本由更新的版本写入，当前版本只能查看（{reason}）：拒收通知，由微信支付稍后重发；不投递；拒绝会产生变更的调用。请重新运行更新的版本。',
  endpoint_subscribed: 'TRANSACTION.SUCCESS 投递到 {endpoint}。',
  no_endpoint: '没有接收端订阅 TRANSACTION.SUCCESS，支付通知只记录、不投递。请设置 WEBHOOK_URL。',
  no_endpoint_subscribed:
    '没有接收端订阅 TRANSACTION.SUCCESS，支付通知只记录、不投递。请修正 GATEWAY_CONFIG 中 {endpoints} 的 "events"。',
  no_sweep: '还没有完成过巡检。巡检每分钟一次。',
  sweep_ended: '上次巡检结束于 {at:time}。',
  sweep_overdue: '上次巡检结束于 {at:time}。请检查 Worker 的 cron 或网关进程是否在运行：丢失的投递只能由巡检补投。',
  fixed_ip_unchecked: '付款经由 {host} 发出；它是否响应，深度检查（/healthz?deep）才会确认。',
  fixed_ip_responds: '{host} 有响应，并认得令牌。',
  fixed_ip_silent: '{host} 没有响应，付款会失败。请检查它是否在运行，以及 GATEWAY_FIXED_IP_URL 是否正确。',
  fixed_ip_no_gateway:
    '{host} 返回状态码 {status}，但不是网关的应答。请修正 GATEWAY_FIXED_IP_URL，或检查它前面的代理。',
  fixed_ip_token_unknown: '{host} 不认得令牌。请把 GATEWAY_FIXED_IP_TOKEN 设为其配置中某个调用方的令牌。',
  fixed_ip_unhealthy: '{host} 状况异常，请查看它自己的 /healthz。',
  fixed_ip_other_status: '{host} 返回状态码 {status}，请查看它的日志。',
  delivery_stuck:
    '发往 {endpoint} 的一个投递应于 {since:time} 投递，至今没有尝试。在 Cloudflare 上，请把此 Worker 设为队列的消费者（wrangler.toml 的 [[queues.consumers]]）；在服务器上，请检查是否过载。',
  circuit_open: '{endpoint} 连续失败 {failures} 次，自 {since:time} 起熔断。它的投递在等待，{probe:time} 再次探测。',
  circuit_probe_due: '{endpoint} 连续失败 {failures} 次，自 {since:time} 起熔断。它的投递在等待，即将再次探测。',
  doubts: '结果未知：{calls}。请到“结果未知”（/admin/merchants/{merchant}/doubts）查清，再销掉。',
  notification_undecryptable:
    '{at:time} 收到一个签名有效、却无法解密的通知。如果此后再没有通知，则 APIv3 密钥有误，请与商户平台 → API 安全核对。',
  brand_notification_undecryptable:
    '{at:time} 收到一个签名有效、却无法解密的通知。如果此后再没有通知，则品牌 API 密钥有误，请与品牌经营平台 → 账户管理 → 安全中心核对。',
  signature_refused:
    '微信支付拒绝了最近一次调用的签名：私钥、证书序列号与商户号不匹配，请与商户平台 → API 安全核对。发生于 {at:time}（{code}），下次 APIv3 调用成功后消除。',
  response_unverified:
    '最近一次调用的应答验签失败：微信支付公钥及其 ID，或平台证书，不属于该商户。发生于 {at:time}（{code}），下次 APIv3 调用成功后消除。',
  response_undecryptable:
    '最近一次调用的应答无法解密：APIv3 密钥有误。发生于 {at:time}（{code}），下次 APIv3 调用成功后消除。',
  v2_key_wrong:
    'APIv2 密钥（API 密钥）有误：微信支付拒绝了最近一次 APIv2 调用的签名，或其应答无法验签、解密。请与商户平台 → API 安全核对。发生于 {at:time}（{code}），下次 APIv2 调用成功后消除。',
  brand_signature_refused:
    '微信支付拒绝了最近一次品牌接口调用的签名：品牌的私钥、证书序列号与品牌 ID 不匹配，请与品牌经营平台 → 账户管理 → 安全中心核对。发生于 {at:time}（{code}），下次品牌接口调用成功后消除。',
  brand_response_unverified:
    '最近一次品牌接口调用的应答验签失败：微信支付公钥及其 ID 不属于该品牌。发生于 {at:time}（{code}），下次品牌接口调用成功后消除。',
  brand_response_undecryptable:
    '最近一次品牌接口调用的应答无法解密：品牌 API 密钥有误。发生于 {at:time}（{code}），下次品牌接口调用成功后消除。',
}
