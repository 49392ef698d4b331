import type { MessageKind } from '../../diagnosis/analyse.ts'
import type { DecryptionKeyName } from '../../diagnosis/decrypt.ts'
import type { FindingWords, Step } from '../../diagnosis/finding.ts'
import type { GivenKey, KeyProblem, SecretName } from '../../diagnosis/keys/given-keys.ts'
import type { FormatProblem } from '../../diagnosis/pasted/format-error.ts'
import { language } from '../settings.ts'
import { useStore } from '../store.ts'
import { type ErrorWords, errorWordsEn, errorWordsZh } from './error-words.ts'
import { findingWords } from './finding-words.ts'
import { findingWordsZh } from './finding-words-zh.ts'
import type { TextProblem } from './text-file.ts'

const secretsEn: Readonly<Record<SecretName, string>> = {
  apiv3Key: 'APIv3 key (APIv3 密钥)',
  apiv2Key: 'APIv2 key (API 密钥)',
  'brand.apiKey': 'API key of the brand (品牌 API 密钥)',
}

const en = {
  title: 'Signature workbench',
  console: 'Console',
  explorer: 'Explorer',
  promise: 'Everything stays in this page: it can connect to nothing, and it stores nothing.',
  input: 'Message and keys',
  message: 'Message',
  messageHelp:
    'A request, a response or a notification: HTTP with its headers, a curl command, a HAR, or only a body. Drop a file or paste.',
  keys: 'Keys and certificates',
  keysHelp: 'PEM, with PUB_KEY_ID_… beside a public key; or a whole .env. Drop a file or paste.',
  secrets: secretsEn,
  show: 'Show the keys',
  chooseFile: 'Choose a file',
  clear: 'Forget everything',
  arrival: 'Check the time for',
  arrivals: { now: 'now', sent: 'the time in the message', recorded: 'the time in the HAR' },
  exchange: 'Message of the HAR',
  result: 'Result',
  nothing: 'Paste a message to see which step of its verification holds, which fails, and why.',
  working: 'Checking…',
  failed: (what: string) =>
    `It cannot be checked (${what}): no message of WeChat Pay is nested like this. Paste it as received.`,
  apis: { v2: 'APIv2', v3: 'APIv3', brand: 'Brand API' },
  kinds: {
    request: 'request',
    response: 'response',
    notification: 'notification',
    body: 'body without headers',
    foreign: 'This is no message of WeChat Pay.',
  } as Readonly<Record<MessageKind, string>>,
  whatIs: (api: string, kind: string) => `${api}: ${kind}`,
  genuine: 'Every step holds.',
  stale: 'The signature holds; only the time is not that of now.',
  unsigned: 'Nothing failed, but nothing in it is signed: it proves nothing.',
  wrong: (count: number) => (count === 1 ? '1 step fails.' : `${count} steps fail.`),
  marks: { passed: 'holds', failed: 'fails', skipped: 'not checked' },
  steps: {
    scheme: 'Scheme',
    authorization: 'Authorization',
    headers: 'Headers',
    timestamp: 'Time',
    key: 'Key',
    signature: 'Signature',
    message: 'Message',
    sign: 'sign',
    req_info: 'req_info',
    fields: 'Fields',
  } as Readonly<Record<Step, string>>,
  content: 'Content, decrypted',
  decryptedWith: (key: string) => `Decrypted with the ${key}. Decryption does not prove who sent it.`,
  decryptionKeys: {
    ...secretsEn,
    privateKey: 'private key',
    'brand.privateKey': 'private key of the brand',
  } as Readonly<Record<DecryptionKeyName, string>>,
  notEncrypted: 'Nothing in it is encrypted.',
  notDecrypted: 'It is not decrypted',
  shortened: (shown: number, all: number) => `The first ${shown} of ${all} characters:`,
  given: (count: number) => `Given keys: ${count}`,
  keyKinds: { certificate: 'Certificate', 'public-key': 'Public key', 'private-key': 'Private key' } as Readonly<
    Record<GivenKey['kind'], string>
  >,
  keyFacts: {
    id: 'Serial or id',
    noId: 'no id beside it',
    bits: 'Bits',
    bytes: 'Bytes',
    subject: 'Subject',
    issuer: 'Issuer',
    validity: 'Valid',
    fingerprint: 'SHA-256',
    owner: 'Belongs to the certificate',
    noOwner: 'none of the given certificates',
  },
  validFromTo: (from: string, to: string) => `from ${from} to ${to}`,
  validity: { valid: 'valid today', expired: 'expired', future: 'not valid yet' },
  keyProblem: (problem: KeyProblem): string => {
    switch (problem.kind) {
      case 'pem':
        return `PEM block ${problem.number}: ${errorWordsEn(problem.error).join('. ')}.`
      case 'length':
        return `The ${secretsEn[problem.name]} has 32 bytes, not ${problem.bytes}. Copy it completely, without spaces.`
      case 'pem-as-secret':
        return `The ${secretsEn[problem.name]} is not PEM. Paste PEM under ${en.keys}.`
      case 'no-keys':
        return 'There is no key in this text. Paste the text of a PEM file, -----BEGIN … to END-----, not its path.'
      case 'too-many':
        return `${problem.count} keys are too many: the first 20 are read.`
    }
  },
  formatProblem: (problem: FormatProblem, named = ''): string => {
    const texts: Readonly<Record<FormatProblem, string>> = {
      unknown:
        'This is no message. Paste HTTP (headers, an empty line, the body), a curl command, a HAR, or a body of JSON or XML.',
      'not-json': 'It is not valid JSON, or is cut short. Paste it completely.',
      'too-deep': 'It is nested too deeply, which no message of WeChat Pay is. Paste it as received.',
      'headers-invalid': '"headers" must be an object of texts by name.',
      'curl-quote': 'A quote of the curl command is not closed. Copy the whole command, for bash or for cmd.',
      'curl-file': `The body of the curl command is in the file ${named}. Put its text into the command in place of @${named}.`,
      'curl-no-url': 'The curl command has no URL.',
      'har-empty': `None of the ${named} entries of the HAR concerns WeChat Pay.`,
      'har-too-many': `The HAR has ${named} messages of WeChat Pay, and 200 can be shown. Export fewer.`,
    }
    return texts[problem]
  },
  textProblem: {
    'too-large': (size: string, most: string) =>
      `It has ${size}, and at most ${most} can be checked. Paste only the message concerned.`,
    picture: () => 'This is a picture. Paste the message as text.',
    'not-text': () => 'This file is not text. Choose a saved message or a PEM file.',
    'not-read': () => 'The file cannot be read. Choose it again.',
  } as Readonly<Record<TextProblem, (size: string, most: string) => string>>,
  field: 'One field (敏感信息加解密)',
  encryptText: 'Text to encrypt',
  encryptWith: 'With the key',
  encrypted: 'Encrypted, base64',
  encryptedFor: (id: string) => `Name this key in Wechatpay-Serial: ${id}`,
  needPublicKey: "Paste WeChat Pay's public key or a platform certificate to encrypt.",
  tooLongText: (bytes: number, most: number) => `The text has ${bytes} bytes, and the key encrypts at most ${most}.`,
  decryptText: 'Base64 to decrypt',
  decrypted: 'Decrypted',
  needPrivateKey: 'Paste the private key to decrypt.',
  fieldNotDecrypted: 'No given private key decrypts it. Was it encrypted for another certificate, or cut short?',
  findings: findingWords(errorWordsEn) as FindingWords,
  error: errorWordsEn as ErrorWords,
}

export type WorkbenchWords = typeof en

const secretsZh: Readonly<Record<SecretName, string>> = {
  apiv3Key: 'APIv3 密钥',
  apiv2Key: 'APIv2 密钥（API 密钥）',
  'brand.apiKey': '品牌 API 密钥',
}

const zh: WorkbenchWords = {
  title: '签名工作台',
  console: '控制台',
  explorer: '接口',
  promise: '一切只在本页面内处理：页面不能连接任何地址，也不保存任何内容。',
  input: '报文与密钥',
  message: '报文',
  messageHelp: '请求、应答或通知：带 HTTP 头的原文、curl 命令、HAR，或只有报文主体。可粘贴或拖入文件。',
  keys: '密钥与证书',
  keysHelp: 'PEM，公钥旁写上 PUB_KEY_ID_…；或整个 .env。可粘贴或拖入文件。',
  secrets: secretsZh,
  show: '显示密钥',
  chooseFile: '选择文件',
  clear: '全部清除',
  arrival: '检查时间按',
  arrivals: { now: '现在', sent: '报文自己的时间', recorded: 'HAR 记录的时间' },
  exchange: 'HAR 中的报文',
  result: '结果',
  nothing: '粘贴一个报文，查看验签的每一步：哪些通过，哪些失败，原因是什么。',
  working: '正在检查…',
  failed: what => `无法检查（${what}）：微信支付的报文不会这样嵌套。请按收到的原文粘贴。`,
  apis: { v2: 'APIv2', v3: 'APIv3', brand: '品牌 API' },
  kinds: {
    request: '请求',
    response: '应答',
    notification: '通知',
    body: '没有 HTTP 头的报文主体',
    foreign: '这不是微信支付的报文。',
  },
  whatIs: (api, kind) => `${api} ${kind}`,
  genuine: '每一步都通过。',
  stale: '签名有效，只是时间与现在不符。',
  unsigned: '没有失败的步骤，但也没有任何签名：不能证明来自微信支付。',
  wrong: count => `${count} 步失败。`,
  marks: { passed: '通过', failed: '失败', skipped: '未检查' },
  steps: {
    scheme: '认证类型',
    authorization: 'Authorization',
    headers: 'HTTP 头',
    timestamp: '时间戳',
    key: '密钥',
    signature: '签名',
    message: '报文',
    sign: 'sign',
    req_info: 'req_info',
    fields: '字段',
  },
  content: '解密后的内容',
  decryptedWith: key => `用${key}解密。能够解密不代表来自微信支付。`,
  decryptionKeys: { ...secretsZh, privateKey: '私钥', 'brand.privateKey': '品牌私钥' },
  notEncrypted: '其中没有加密的内容。',
  notDecrypted: '未能解密',
  shortened: (shown, all) => `共 ${all} 个字符，以下是前 ${shown} 个：`,
  given: count => `已提供的密钥：${count} 个`,
  keyKinds: { certificate: '证书', 'public-key': '公钥', 'private-key': '私钥' },
  keyFacts: {
    id: '序列号或 ID',
    noId: '旁边没有写 ID',
    bits: '位数',
    bytes: '字节数',
    subject: '主体',
    issuer: '颁发者',
    validity: '有效期',
    fingerprint: 'SHA-256',
    owner: '对应的证书',
    noOwner: '与所提供的证书都不对应',
  },
  validFromTo: (from, to) => `${from} 至 ${to}`,
  validity: { valid: '当前有效', expired: '已过期', future: '尚未生效' },
  keyProblem: problem => {
    switch (problem.kind) {
      case 'pem':
        return `第 ${problem.number} 个 PEM：${errorWordsZh(problem.error).join('。')}。`
      case 'length':
        return `${secretsZh[problem.name]}应为 32 字节，实为 ${problem.bytes} 字节。请完整复制，不要带空格。`
      case 'pem-as-secret':
        return `${secretsZh[problem.name]}不是 PEM。PEM 请粘贴到“${zh.keys}”。`
      case 'no-keys':
        return '文本中没有密钥。请粘贴 PEM 文件的内容（-----BEGIN 到 END-----），而不是文件路径。'
      case 'too-many':
        return `密钥过多（${problem.count} 个），只读取前 20 个。`
    }
  },
  formatProblem: (problem, named = '') => {
    const texts: Readonly<Record<FormatProblem, string>> = {
      unknown: '这不是报文。请粘贴 HTTP 原文（头、空行、主体）、curl 命令、HAR，或 JSON、XML 主体。',
      'not-json': '不是有效的 JSON，或不完整。请完整粘贴。',
      'too-deep': '嵌套层数过多，微信支付的报文不会这样。请按收到的原文粘贴。',
      'headers-invalid': 'headers 应为对象，由名称和文本组成。',
      'curl-quote': 'curl 命令的引号没有闭合。请完整复制 bash 或 cmd 格式的命令。',
      'curl-file': `curl 命令的主体在文件 ${named} 中。请用文件内容替换命令中的 @${named}。`,
      'curl-no-url': 'curl 命令中没有 URL。',
      'har-empty': `HAR 的 ${named} 条记录都与微信支付无关。`,
      'har-too-many': `HAR 中有 ${named} 个微信支付报文，最多显示 200 个。请减少导出的记录。`,
    }
    return texts[problem]
  },
  textProblem: {
    'too-large': (size, most) => `共 ${size}，最多检查 ${most}。请只粘贴有关的报文。`,
    picture: () => '这是图片。请粘贴文本形式的报文。',
    'not-text': () => '这个文件不是文本。请选择保存的报文或 PEM 文件。',
    'not-read': () => '无法读取这个文件，请重新选择。',
  },
  field: '单个字段（敏感信息加解密）',
  encryptText: '要加密的文本',
  encryptWith: '使用的密钥',
  encrypted: '密文（base64）',
  encryptedFor: id => `请在 Wechatpay-Serial 中写明这个密钥：${id}`,
  needPublicKey: '加密需要粘贴微信支付公钥或平台证书。',
  tooLongText: (bytes, most) => `文本有 ${bytes} 字节，这个密钥最多加密 ${most} 字节。`,
  decryptText: '要解密的 base64',
  decrypted: '明文',
  needPrivateKey: '解密需要粘贴私钥。',
  fieldNotDecrypted: '所提供的私钥都无法解密。是否为其他证书加密的，或不完整？',
  findings: findingWordsZh(errorWordsZh),
  error: errorWordsZh,
}

const WORDS = { en, zh }

/** Returns the words of the workbench in the chosen language. */
export const useWorkbenchWords = (): WorkbenchWords => WORDS[useStore(language)]
