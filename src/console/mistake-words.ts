import { CHINESE_UNITS, durationIn, ENGLISH_UNITS } from './duration.ts'

/** Sentences for a mistake in a signature, both without a full stop. */
export type MistakeWords = readonly [what: string, cure: string]

/** Chinese sentences by the name of the mistake. The simulator gives the English ones. */
export const MISTAKES_ZH: Readonly<Record<string, MistakeWords>> = {
  'last-line-break': ['缺少最后一个换行符', '每一行都以 \\n 结尾，最后一行也不例外'],
  'body-line': ['缺少报文主体及其所在的行', '按发送的原文签名；没有报文主体时，签一个空行'],
  body: ['签名串中没有报文主体', '按发送的原文签名'],
  query: ['签名串中没有查询参数', '签名时路径要带查询参数：/v3/…?mchid=…'],
  'whole-url': ['签名用了完整的 URL', '只签路径和查询参数，不含协议和域名'],
  'percent-encoding': ['签名用了编码之前的 URL', '按实际发送的路径和查询参数签名'],
  'method-case': ['请求方法用了小写', '请求方法用大写签名'],
  'serialized-twice': ['签名时重新序列化了报文主体', '只序列化一次，签名与发送用同一段文本'],
  indentation: ['签名用了带换行和缩进的报文主体', '只序列化一次，签名与发送用同一段文本'],
  'escaped-slashes': [
    '签名用的报文主体把 / 写成 \\/，发送的没有转义',
    '只序列化一次，签名与发送用同一段文本。PHP 的 json_encode 默认转义斜杠，除非加上 JSON_UNESCAPED_SLASHES',
  ],
  'escaped-characters': [
    '签名用的报文主体把字符写成 \\uXXXX，发送的是字符本身',
    '只序列化一次，签名与发送用同一段文本。PHP 的 json_encode 默认转义，除非加上 JSON_UNESCAPED_UNICODE；Python 的 json.dumps 默认转义，除非加上 ensure_ascii=False',
  ],
  'escaped-slashes-and-characters': [
    '签名用的报文主体写成 \\/ 和 \\uXXXX，发送的没有转义',
    '只序列化一次，签名与发送用同一段文本。PHP 的 json_encode 默认两者都转义，除非加上 JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE',
  ],
  'spaced-separators': [
    '签名用的报文主体在逗号和冒号后有空格，发送的没有',
    '只序列化一次，签名与发送用同一段文本。Python 的 json.dumps 默认写空格，除非加上 separators=(",", ":")',
  ],
  'spaced-separators-and-characters': [
    '签名用的报文主体在逗号和冒号后有空格，并把字符写成 \\uXXXX，发送的没有',
    '只序列化一次，签名与发送用同一段文本。Python 的 json.dumps 默认如此，除非加上 ensure_ascii=False 和 separators=(",", ":")',
  ],
  'sorted-names': [
    '签名用的报文主体按字段名排了序，发送的顺序不同',
    '只序列化一次，签名与发送用同一段文本。APIv3 不需要排序',
  ],
  'body-not-sent': ['签名用了 {}、[] 或 null，而请求没有报文主体', '没有报文主体时，签一个空行'],
  'time-milliseconds': ['时间戳用了毫秒', '应为 1970 年以来的秒数，共十位'],
  'carriage-returns': ['各行以 \\r\\n 结尾', '每一行以 \\n 结尾'],
  'escaped-line-breaks': ['各行以反斜杠加字母 n 结尾', '每一行以字符 U+000A 结尾'],
  'no-key': ['缺少密钥', '在末尾追加 &key= 和 APIv2 密钥'],
  'no-key-name': ['密钥前缺少 &key=', '在末尾追加 &key= 和 APIv2 密钥'],
  'empty-fields': ['空值字段参与了签名', '没有值的字段不参与签名'],
  'not-sorted': ['字段没有排序', '按字段名的 ASCII 码从小到大排序'],
  'encoded-values': ['字段值做了 URL 编码', '按原值签名'],
  'lower-case': ['签名值用了小写', '签名值转为大写'],
  'other-digest': ['签名算法与 sign_type 不一致', '把 sign_type 加入参数后再签名，或改用声明的算法'],
  'too-long': ['报文主体过长，或不是 UTF-8，无法比对', '换一个较短的报文主体查找原因'],
  unknown: ['不是常见的错误', '逐字节对比这段签名串与程序实际使用的签名串，并检查私钥是否属于该商户'],
}

export const staleTime = (seconds: number): MistakeWords => [
  `the time is ${durationIn(ENGLISH_UNITS, seconds)} ${seconds < 0 ? 'ahead of' : 'behind'} the clock, more than 5 minutes`,
  'Correct the clock (NTP), and sign each attempt anew',
]

export const staleTimeZh = (seconds: number): MistakeWords => [
  `请求的时间比时钟${seconds < 0 ? '快' : '慢'} ${durationIn(CHINESE_UNITS, seconds)}，超过 5 分钟`,
  '请校时（NTP），每次重试都重新签名',
]
