import { DAY, SECOND } from '../../core/base/time.ts'
import type { Api } from '../../definitions/call.ts'
import { compactTime, dateOf, rfc3339 } from '../clock/time.ts'
import type { Random } from '../state/random.ts'

/** Inputs of sample values. */
export interface SampleContext {
  readonly random: Random
  /** ms */
  readonly now: number
  readonly merchant: { readonly mchid: string; readonly appid: string }
  /** Brand id (品牌 ID), if there is a brand. */
  readonly brandId?: string | undefined
  readonly sub_mchid: string
  /** Amount of the whole reply, in fen. It is the same throughout, so that totals agree. */
  readonly fen: number
  readonly api: Api
  /** Whether the request creates something, so that its state is the first one. */
  readonly creates?: boolean | undefined
}

type Maker<T> = (context: SampleContext) => T

/** Makers of values by field name; the first matching row counts. */
type Table<T> = readonly (readonly [name: RegExp, make: Maker<T>])[]

/** The smallest PNG, one transparent pixel, in base64. */
export const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

const YEAR = 365 * DAY

const time = (ms: number, { api }: SampleContext): string => (api === 'v2' ? compactTime(ms) : rfc3339(ms))
const date = (ms: number, { api }: SampleContext): string =>
  api === 'v2' ? dateOf(ms).replaceAll('-', '') : dateOf(ms)
const url =
  (path: string): Maker<string> =>
  ({ random }) =>
    `https://pay.weixin.qq.com/simulated/${path}/${random.hex(16)}`

const TEXTS: Table<string> = [
  [/sub_?mch_?id$/, ({ sub_mchid }) => sub_mchid],
  [/mch_?id$|^merchant_id$|_merchant(_id)?$/, ({ merchant }) => merchant.mchid],
  [/^brand_id$/, ({ brandId, random }) => brandId ?? random.digits(8)],
  [/sub_appid$/, ({ random }) => `wx${random.hex(16)}`],
  [/appid$/, ({ merchant }) => merchant.appid],
  [/openid$|unionid$/, ({ random }) => `oUpF8u${random.hex(22)}`],
  [
    /transaction_id$/,
    ({ random, now }) => `4200${random.digits(6)}${compactTime(now).slice(0, 8)}${random.digits(10)}`,
  ],
  [
    /refund_id(_#)*$/,
    ({ random, now }) => `5030${random.digits(6)}${compactTime(now).slice(0, 8)}${random.digits(11)}`,
  ],
  [/^prepay_id$/, ({ random, now }) => `wx${compactTime(now)}${random.hex(20)}`],
  [/^code_url$/, ({ random }) => `weixin://wxpay/bizpayurl?pr=${random.hex(9)}`],
  [/image|picture|logo|avatar|photo|cover/, url('image')],
  [/url(_list)?$|link$|^self$|website/, url('page')],
  [/path$/, () => 'pages/index/index'],
  [/phone|mobile|^cell$/, ({ random }) => `138${random.digits(8)}`],
  [/email/, ({ random }) => `${random.hex(8)}@example.com`],
  [/(id_card|identity|identification|cred|credential|_id)_(no|number|num|id)$/, () => '43102119910910512X'],
  [/(bank|account|card)\w*_(no|number)$|^account$/, ({ random }) => `6214${random.digits(12)}`],
  [/^bank_type$/, () => 'OTHERS'],
  [/(^|_)tail$/, ({ random }) => random.digits(4)],
  [/currency|fee_type/, () => 'CNY'],
  [/country/, () => 'CN'],
  [/language/, () => 'zh_CN'],
  [/(^|_)ip$/, () => '127.0.0.1'],
  [/longitude/, () => '113.944521'],
  [/latitude/, () => '22.542842'],
  [/hash_type/, () => 'SHA1'],
  [/hash_value/, ({ random }) => random.hex(40)],
  [/sha256|digest/, ({ random }) => random.hex(64)],
  [/md5|nonce|token|ticket|secret|_key$|ciphertext|authinfo/, ({ random }) => random.hex(32)],
  [/serial(_no)?$/, ({ random }) => random.hex(40).toUpperCase()],
  [/version$/, () => '1.0'],
  [/^associated_data$/, () => 'certificate'],
  [/algorithm/, () => 'AEAD_AES_256_GCM'],
  [/(ret|resp|result|return|sub)_code(_#)*$/, () => 'SUCCESS'],
  [/^(return|ret|result|resp|sub)_?(msg|message|desc)$/, () => 'OK'],
  [/timestamp$/, ({ now }) => String(Math.floor(now / 1000))],
  [/(^|_)(end|expired?|invalid)(_\w+)?_time$|deadline/, context => time(context.now + YEAR, context)],
  [/time(_#|_t)*$|^time_|_at$/, context => time(context.now, context)],
  [/(^|_)(end|expired?)(_\w+)?_date$|date_end/, context => date(context.now + YEAR, context)],
  [/date(_|$)/, context => date(context.now, context)],
  [/(amount|fee|price|total|money|balance|_amt|contribute)(_#)*$/, ({ fen }) => String(fen)],
  [/((?<!ac)count|quantity|num)(_#)*$/, () => '1'],
  [/rate$/, () => '0.6'],
  [/^out_\w+_(no|id)(_#)*$/, ({ random }) => random.hex(20)],
  [/(^|_)(id|no|sn|number|listid|billno|seq|Id|No)(_#)*$/, ({ random }) => random.digits(18)],
  [/(^|_)code(_#)*$/, ({ random }) => random.digits(12)],
  [/qr_?code/, () => PICTURE],
  [/(state|status)$/, () => 'SUCCESS'],
]

const NUMBERS: Table<number> = [
  [/mch_?id$/, ({ merchant }) => Number(merchant.mchid)],
  [/discount|promotion|contribute|reduce|subsidy|fail|unsettle|advance|compensation|overdue|debt/, () => 0],
  [/coupon\w*(fee|amount|value)(_#)*$/, () => 1],
  [
    /(amount|amt|fee|price|total|money|balance|refund|payer|value|budget|limit_amount|duty|net|pay)(_#)*$/,
    ({ fen }) => fen,
  ],
  [/^begin_time$/, () => 0],
  [/^end_time$/, () => DAY / SECOND - 1],
  [/timestamp$|time$/, ({ now }) => Math.floor(now / 1000)],
  [/expires?_in$/, () => 7200],
  [/(^|_)offset$/, () => 0],
  [/(^|_)(limit|page_size)$/, () => 20],
  [/(^|_)id$/, ({ random }) => 10_000_000 + random.below(89_999_999)],
]

/** Creates a text for a field name, by default the label. */
export function sampleText(name: string, label: string, format: string | undefined, context: SampleContext): string {
  if (format === 'date-time')
    return rfc3339(/(^|_)(end|expired?|invalid)_/.test(name) ? context.now + YEAR : context.now)
  return make(TEXTS, name, context) ?? label.slice(0, 60)
}

/** Creates a whole number for a field name. A uint64 exceeds 2^53, so that a client that rounds it fails. */
export function sampleInteger(name: string, format: string | undefined, context: SampleContext): number | bigint {
  if (format === 'uint64') return BigInt(Number.MAX_SAFE_INTEGER) + BigInt(2 + 2 * context.random.below(1_000_000))
  return make(NUMBERS, name, context) ?? 1
}

const make = <T>(table: Table<T>, name: string, context: SampleContext): T | undefined =>
  table.find(([pattern]) => pattern.test(name))?.[1](context)

const FAILED =
  /FAIL|ERROR|CLOSE|REVOK|REJECT|REFUS|CANCEL|INVALID|EXPIRE|UNKNOWN|ABNORMAL|DELETE|DISABLE|TERMINAT|STOP|FREEZ|^NOT?_|_NOT?_|(^|_)UN[A-Z]{4,}/i
const GOOD_ENDS =
  'FINISH|FINISHED|COMPLETED?|DONE|PASS|PASSED|APPROVED|ACCEPTED|CONFIRMED|SIGNED|AUTHORIZED|PAID|RECEIVED|PROCESSED|ACTIVE|ACTIVATED|EFFECTIVE|NORMAL|OPENED|VALID|AVAILABLE|ENABLED?'
/** Names of successful states, the most specific first. `OPEN` counts only as the whole name. */
const SUCCEEDED: readonly RegExp[] = [
  /^(SUCCESS|SUCCEED|SUCCEEDED)$/,
  new RegExp(`^(${GOOD_ENDS}|OPEN)$`),
  /(SUCCESS|SUCCEED|SUCCEEDED)$/,
  new RegExp(`(${GOOD_ENDS})$`),
]

/** Picks the value whose name is most like success. */
export function pickSuccessState<T extends string | number>(values: readonly T[]): T {
  const candidates = values.filter(value => !FAILED.test(String(value)))
  for (const pattern of SUCCEEDED) {
    const success = candidates.find(value => pattern.test(String(value)))
    if (success !== undefined) return success
  }
  return candidates[0] ?? values[0]!
}

const INITIAL = /^(CREATED?|CREATING|INIT|INITIAL|NEW)$/

/** Returns the value of a set: of what was just created the initial state, otherwise the most successful one. */
export const pickState = <T extends string | number>(values: readonly T[], { creates }: SampleContext): T =>
  (creates ? values.find(value => INITIAL.test(String(value))) : undefined) ?? pickSuccessState(values)
