import type { FaultKind, FaultRule } from '../../simulator/fault/rule.ts'
import { formatDuration } from '../clock/offset.ts'
import type { Language } from '../settings.ts'
import { fill, type Template } from '../template.ts'

interface FaultWords {
  readonly effects: Readonly<Record<FaultKind, Template>>
  /** The requests that it applies to. */
  readonly scope: Template
}

const en: FaultWords = {
  effects: {
    status: ['Respond {status}'],
    delay: ['Respond {duration} late'],
    'clock-skew': ['Sign for {later} later', 'Sign for {earlier} earlier'],
    'cut-connection': ['Cut before it takes effect'],
    'lost-response': ['Lose the response'],
    'cut-body': ['Cut the response in the middle'],
    'wrong-signature': ['Sign the response wrongly'],
    'unknown-serial': ['Name an unknown key'],
    rotate: ['Sign with a new platform certificate'],
  },
  scope: [
    ', for {method}',
    ', for the path {path}',
    ', in API {api}',
    ', after {after} requests',
    ', for {count} requests at most',
    ', for {percent} of the requests',
  ],
}

const zh: FaultWords = {
  effects: {
    status: ['应答 {status}'],
    delay: ['延迟 {duration} 应答'],
    'clock-skew': ['应答时间戳快 {later}', '应答时间戳慢 {earlier}'],
    'cut-connection': ['生效前断开连接'],
    'lost-response': ['丢失应答'],
    'cut-body': ['应答中途断开'],
    'wrong-signature': ['应答签名错误'],
    'unknown-serial': ['应答使用未知的密钥'],
    rotate: ['改用新的平台证书签名'],
  },
  scope: [
    '，方法 {method}',
    '，路径 {path}',
    '，接口版本 {api}',
    '，前 {after} 个请求除外',
    '，最多 {count} 个请求',
    '，概率 {percent}',
  ],
}

const WORDS = { en, zh }

/** Says in a sentence what a fault does, and to which requests. */
export function faultSentenceOf(rule: FaultRule, language: Language): string {
  const { effects, scope } = WORDS[language]
  const ms = 'ms' in rule ? rule.ms : undefined
  const duration = ms === undefined ? undefined : formatDuration(Math.abs(ms), language)
  return fill([...effects[rule.kind], ...scope], {
    status: 'status' in rule ? String(rule.status) : undefined,
    duration,
    later: ms !== undefined && ms >= 0 ? duration : undefined,
    earlier: ms !== undefined && ms < 0 ? duration : undefined,
    method: rule.method,
    path: rule.path,
    api: rule.api,
    after: rule.after ? String(rule.after) : undefined,
    count: rule.count === undefined ? undefined : String(rule.count),
    percent: rule.probability === undefined ? undefined : `${Number((rule.probability * 100).toFixed(1))} %`,
  })
}
