import type { BodyChange, FindingWords } from '../../diagnosis/finding.ts'
import { CHINESE_UNITS, durationIn } from '../duration.ts'
import type { ErrorWords } from './error-words.ts'
import { isoTime } from './iso-time.ts'

const CHANGES: Readonly<Record<BodyChange, string>> = {
  crlf: '换行符被改成了 CRLF',
  lf: '换行符被改成了 LF',
  serialized: '解析后又重新序列化',
  quoted: '被当作 JSON 字符串加了引号和转义',
  charset: '用 Latin-1 而不是 UTF-8 解码',
  'byte-order-mark': '开头多了字节顺序标记（BOM）',
  'white-space': '前后多了空白字符',
}

const APIV2_FIX = '核对商户平台 → API 安全中的密钥；密钥无误则是传输中丢失或改动了字段'

const duration = (seconds: number): string =>
  seconds < 0 ? `快 ${durationIn(CHINESE_UNITS, seconds)}` : `${durationIn(CHINESE_UNITS, seconds)}前`
const timeText = ({ time, seconds }: { time: Date; seconds: number }): string =>
  `${isoTime(time)}，${duration(seconds)}`

/** The sentences of the workbench, in Chinese. */
export const findingWordsZh = (errors: ErrorWords): FindingWords => ({
  'headers-present': () => ['四个 Wechatpay-… 头都在'],
  'headers-missing': ({ names }) => [
    `缺少 ${names.join('、')}`,
    '把它们一起粘贴进来；如果收到时就没有，那么报文不是微信支付发的，或者被代理去掉了',
  ],
  'time-invalid': ({ text }) => [`不是秒数：${text}`, '微信支付发送的是 1970 年以来的秒数'],
  'time-recent': values => [timeText(values)],
  'time-stale': values => [
    `${timeText(values)}，与检查时间相差超过 5 分钟`,
    '如果是之前保存的报文，请改为按报文自己的时间检查；如果刚刚收到，说明时钟不准，请校时（NTP）',
  ],
  'time-milliseconds': ({ text }) => [`用了毫秒：${text}`, '应为 1970 年以来的秒数，共十位'],
  'authorization-missing': () => ['请求没有 Authorization 头', '请先签名，并粘贴全部 HTTP 头'],
  'authorization-incomplete': ({ names }) => [
    `Authorization 中缺少 ${names.join('、')}`,
    '每一项写成 name="value"，用逗号分隔',
  ],
  'authorization-complete': ({ name, id }) => [`五个字段齐全，${name} 为 ${id}`],
  'scheme-right': ({ scheme }) => [scheme],
  'scheme-wrong': ({ scheme, expected }) => [scheme ? `用了 ${scheme}` : '为空', `这个路径应使用 ${expected}`],
  'not-wechatpay': () => [
    '既不是调用微信支付的请求，也不是微信支付的通知：没有前者的地址和签名，也没有后者的签名和报文主体',
    '请粘贴发给微信支付的请求、它的应答，或微信支付的通知',
  ],
  probe: () => ['这是微信支付的签名探测流量，用来检查商户是否验签：必须拒绝', '您这边没有问题'],
  'key-missing': () => ['没有密钥，无法检查'],
  'key-found': ({ serial }) => [serial],
  'key-assumed': ({ serial }) => [`密钥旁没有写 ID，视为 ${serial}`],
  'key-not-given': ({ serial, given, signer }) => [
    `报文使用的密钥是 ${serial || '（未写明）'}；${given.length ? `已提供：${given.join('、')}` : '尚未提供任何密钥'}`,
    signer === 'platform'
      ? '请粘贴这个 ID 的密钥。微信支付用自己的公钥或平台证书签名，从不使用商户证书'
      : '请粘贴这个序列号的证书（apiclient_cert.pem）或它的私钥。请求由商户或品牌签名，从不使用微信支付的密钥',
  ],
  'key-other': ({ serial, id }) => [
    `报文写的密钥是 ${serial || '（未写明）'}，实际由 ${id} 签名`,
    '序列号应与签名所用私钥的证书一致',
  ],
  'key-expired': ({ serial, notBefore, notAfter }) => [
    `${serial} 的有效期是 ${isoTime(notBefore)} 至 ${isoTime(notAfter)}`,
    '如果报文是以前的，请按报文自己的时间检查；否则请更换证书',
  ],
  'signature-valid': () => ['有效'],
  'signature-valid-before-end': () => ['去掉粘贴文本末尾的换行符后有效'],
  'signature-changed-body': ({ change }) => [
    `对粘贴的报文主体无效：${CHANGES[change]}`,
    '请在任何解析之前，用收到的原始字节验签',
  ],
  'signature-lost-text': () => ['无法检查：body 是对象，而签名针对的是原文', '请保存收到的原文'],
  'signature-invalid': ({ serial }) => [
    `用密钥 ${serial} 验签失败`,
    '报文主体在传输中被改动，或这个 ID 下的密钥不对，或报文不是微信支付发的',
  ],
  'request-signature-valid': () => ['有效'],
  'request-signature-valid-before-end': () => ['去掉粘贴文本末尾的换行符后有效'],
  'signature-mistake': ({ what, cure }) => [`无效：${what}`, cure],
  'message-read': ({ fields }) => [`共 ${fields} 个字段`],
  'message-malformed': ({ error }) => errors(error),
  'sign-valid': ({ type }) => [`有效，${type}`],
  'sign-missing': () => ['没有 sign', '不是微信支付发的，或丢失了字段'],
  'sign-missing-in-failure': ({ message }) => [
    `没有签名，失败的应答都如此：${message}`,
    '不要据此处理业务；请更正调用',
  ],
  'sign-lower-case': () => ['除大小写外有效：被改成了小写', '请按收到的原文保存'],
  'sign-partial': () => ['签名没有覆盖嵌套或重复的元素', '不要信任：任何持有已签名文本的人都能加上这样的元素'],
  'sign-invalid': () => ['用 APIv2 密钥验签失败', APIV2_FIX],
  'sign-not-checked': ({ error }) => errors(error),
  'refund-unsigned': () => [
    '没有签名，APIv2 的退款通知都如此：任何人都可能用其他通知的片段拼出来',
    '请先查询退款，再据此处理',
  ],
  'refund-decrypts': () => ['可以用 APIv2 密钥解密，但这不能证明任何事情'],
  'refund-not-decrypted': ({ error }) => errors(error),
  'field-boundary': ({ field }) => [`${field} 中含有另一个字段的开头，签名无法区分`, '不要信任，请查询订单'],
})
