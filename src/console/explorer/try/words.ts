import { language } from '../../settings.ts'
import { useStore } from '../../store.ts'
import type { FormProblem } from '../form-value.ts'
import { useExplorerWords } from '../words.ts'

const en = {
  title: 'Try it',
  target: 'Send to',
  targets: { simulator: 'this simulator', gateway: 'a gateway' },
  baseUrl: 'Base URL of the gateway',
  token: 'Token of a caller',
  tokenHelp: 'It stays in this page, and is forgotten when the page is closed.',
  otherOrigin: 'The page may call only its own origin, and a gateway answers no other site. Open its own console:',
  badUrl: 'This is no URL. Give one such as https://pay.example.com, or a path of this origin.',
  parts: { placeholders: 'Path', query: 'Query', headers: 'Headers', body: 'Body' },
  form: 'Form',
  json: 'JSON',
  bodyAs: 'Body as',
  jsonBody: 'Body, JSON',
  notJson: 'This is not JSON:',
  correctJson: '— Correct it to return to the form.',
  moreFields: 'Optional fields',
  add: 'Add',
  addMember: 'Add a member',
  remove: 'Remove',
  required: 'required',
  problems: {
    integer: 'A whole number is expected, only digits.',
    number: 'A number is expected.',
    boolean: 'Choose true or false.',
    file: 'Choose a file.',
    required: 'This field is required.',
  },
  inUnit: (unit: string) => ` The unit is ${unit}.`,
  problemsFound: (count: number) =>
    count === 1 ? 'Nothing was sent: one value is wrong.' : `Nothing was sent: ${count} values are wrong.`,
  send: 'Send',
  sending: 'Sending…',
  fillAgain: 'Fill in anew',
  insecure:
    'A browser signs only for pages of https or of localhost. Open the console at its localhost address to try calls.',
  request: 'Request',
  signedText: 'Signed text',
  response: 'Response, as it arrived',
  noResponse: 'No response arrived.',
  nothingSent: 'Nothing was sent.',
  verification: 'Verification',
  steps: {
    headers: ['The response is signed', 'Headers of the signature are missing'],
    key: ['The key is known', 'No valid key of WeChat Pay has this id'],
    timestamp: ['The time is within five minutes', 'The time is off by more than five minutes'],
    signature: ['The signature fits time, nonce and body', 'The signature does not fit time, nonce and body'],
  },
  unsignedError: 'An error may be unsigned: then nothing proves who sent it.',
  unsignedFile: 'A file is not signed. Its hash is in the response that gave its address.',
  v2Verified: 'The client has verified the signature inside the message.',
  gatewayVerified: (key: string) => `The gateway has verified the response with ${key}.`,
  gatewayUnverified: 'The gateway names no key that has verified the response.',
  clientVerified: (key: string) => `The client has accepted the response, verified with ${key}.`,
  clientRefused: 'The client refuses the call:',
  data: 'Data, verified and decrypted',
  fileOf: (bytes: number) => `A file of ${bytes} bytes.`,
  took: (milliseconds: number) => `${milliseconds} ms`,
  hints: {
    NETWORK_ERROR:
      'No server responds at this URL, or it does not admit this page (CORS). Check the URL, and that the gateway runs.',
    UNAUTHENTICATED: 'The gateway does not accept the token. Check that it is a token of a caller, and not its hash.',
    TOKEN_EXPIRED: 'The token has expired. Ask for a new one.',
    FORBIDDEN: 'The gateway does not allow this caller to call this endpoint.',
  } as Readonly<Record<string, string>>,
}

export type TryWords = typeof en

const zh: TryWords = {
  title: '在线调试',
  target: '发送到',
  targets: { simulator: '本模拟器', gateway: '网关' },
  baseUrl: '网关地址',
  token: '调用方令牌',
  tokenHelp: '令牌只保存在本页面中，关闭页面后即丢弃。',
  otherOrigin: '页面只能访问自己的源，网关也不接受其他站点的请求。请打开该网关自己的控制台：',
  badUrl: '不是有效的 URL。请填写 https://pay.example.com 这样的地址，或本源的路径。',
  parts: { placeholders: '路径参数', query: '查询参数', headers: 'HTTP 头', body: '请求主体' },
  form: '表单',
  json: 'JSON',
  bodyAs: '请求主体形式',
  jsonBody: '请求主体 JSON',
  notJson: '不是有效的 JSON：',
  correctJson: '——请先改正，再切换回表单。',
  moreFields: '可选字段',
  add: '添加',
  addMember: '添加一项',
  remove: '移除',
  required: '必填',
  problems: {
    integer: '应为整数，只写数字，不带小数点。',
    number: '应为数字。',
    boolean: '请选择 true 或 false。',
    file: '请选择文件。',
    required: '此字段必填。',
  },
  inUnit: unit => `${unit}。`,
  problemsFound: count => `未发送：有 ${count} 个值不正确。`,
  send: '发送',
  sending: '正在发送…',
  fillAgain: '重新填写',
  insecure: '浏览器只为 https 或 localhost 页面提供签名。请用 localhost 地址打开控制台后再调试。',
  request: '请求',
  signedText: '签名串',
  response: '收到的应答原文',
  noResponse: '没有收到应答。',
  nothingSent: '没有发送任何请求。',
  verification: '验签',
  steps: {
    headers: ['应答带有签名', '缺少签名所需的 HTTP 头'],
    key: ['密钥已知', '微信支付没有这个 ID 的有效密钥'],
    timestamp: ['时间相差不超过五分钟', '时间相差超过五分钟'],
    signature: ['签名与时间戳、随机串和主体一致', '签名与时间戳、随机串和主体不一致'],
  },
  unsignedError: '错误应答可以没有签名，这时无法证明应答来自谁。',
  unsignedFile: '文件没有签名，其摘要在返回下载地址的应答中。',
  v2Verified: '客户端已验证报文内的签名。',
  gatewayVerified: key => `网关已用 ${key} 验证应答。`,
  gatewayUnverified: '网关没有给出验证应答所用的密钥。',
  clientVerified: key => `客户端接受应答，验签密钥为 ${key}。`,
  clientRefused: '客户端报错：',
  data: '数据（已验签、解密）',
  fileOf: bytes => `文件，共 ${bytes} 字节。`,
  took: milliseconds => `${milliseconds} 毫秒`,
  hints: {
    NETWORK_ERROR: '该地址没有服务器应答，或不允许本页面访问（CORS）。请检查地址，并确认网关正在运行。',
    UNAUTHENTICATED: '网关不接受这个令牌。请确认它属于某个调用方，而不是令牌的哈希。',
    TOKEN_EXPIRED: '令牌已过期，请重新获取。',
    FORBIDDEN: '网关不允许该调用方调用此接口。',
  },
}

const WORDS = { en, zh }

/** Returns the words of the calls that can be tried, in the chosen language. */
export const useTryWords = (): TryWords => WORDS[useStore(language)]

/** Returns a function that says what is wrong with a value, and the unit that it must have. */
export function useProblemText(): (problem: FormProblem) => string {
  const { problems, inUnit } = useTryWords()
  const { units } = useExplorerWords()
  return ({ kind, unit }) => (unit === undefined ? problems[kind] : `${problems[kind]}${inUnit(units[unit] ?? unit)}`)
}
