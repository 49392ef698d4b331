import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bundle } from '../../scripts/generate/bundle.ts'
import { endpointsOf } from '../../scripts/generate/endpoint.ts'
import { leavesOf, requestFieldsOf, undecidedFields } from '../../scripts/generate/log-fields.ts'
import { NO_POLICY, readLogPolicy, treatmentOf } from '../../scripts/generate/log-policy.ts'
import { DefinitionError, Problems, readSources } from '../../scripts/generate/source.ts'
import { document, endpoints } from '../catalogue/catalogue.ts'

const text = readFileSync(new URL('../../src/definitions/log-policy.yaml', import.meta.url), 'utf8')
const policy = readLogPolicy(text)

/** Every field of every request that holds a value. */
const leaves = endpoints.flatMap(endpoint => {
  const { path, query, body } = requestFieldsOf(document, endpoint)
  return [...leavesOf(path), ...leavesOf(query), ...leavesOf(body)].map(({ field }) => field)
})

describe('the policy of logs', () => {
  test('decides on every field of every request: add what is listed here to log-policy.yaml, or mark it x-personal', () => {
    expect(leaves.length).toBeGreaterThan(9_000)
    expect(undecidedFields(document, endpoints, policy)).toEqual([])
  })

  test('names no field that no request has, or that it could never decide on', () => {
    const open = new Set(
      leaves.filter(({ isPersonal, isEncrypted }) => !isPersonal && !isEncrypted).map(({ name }) => name),
    )
    const listed = new Set(leaves.filter(({ isListed }) => isListed).map(({ name }) => name))
    const { shown, shownIfListed, withheld } = policy
    expect([...shown, ...withheld].filter(name => !open.has(name))).toEqual([])
    expect([...shownIfListed].filter(name => !listed.has(name))).toEqual([])
  })

  /** Names that suggest personal, secret or free text to a reader who does not know the policy. */
  const SUSPECT =
    /openid$|unionid|name|phone|mobile|(?:^|_)tel|mail|addr|(?:^|_)ip$|_ip_|ident|(?:^|_)id_?(?:card|no|number)|cred_id|cert_?(?:no|number)$|bank.*(?:no|number|account)$|account(?:_no|_number)?$|card_?(?:no|number|code)$|auth_code|face|token|secret|password|sign$|nonce|url|path|remark|desc|attach|memo|comment|reason|content|text|title|plate_n|licen|latitude|longitude|location|birth|gender|sex$|health|operator|user_?id|device_?(?:id|sn|ip|info)|imei|(?:^|_)sn(?:_|$)|copy|pic|photo|image/i
  /** Those of them that have been looked at. */
  const HARMLESS: ReadonlySet<string> = new Set([
    'account',
    'business_license_type',
    'business_licence_type',
    'ccc_sn_order_no',
    'cert_sn',
    'check_name',
    'commitment_letter_photo_format',
    'device_photo_format',
    'funds_account',
    'identification_type',
    'identifier_type',
    'identity_document_type',
    'identity_type',
    'image_generation_type',
    'image_style_type',
    'must_input_email',
    'must_input_phone',
    'out_card_code',
    'out_card_no',
    'password_free_contract_id',
    'photo_type',
    'pick_count',
    'pickup_time',
    'refund_account',
    'related_webank_punish_no',
    'sender_identity',
    'show_email_cell',
    'show_phone_cell',
    'user_id_type',
    'verify_identity_type',
  ])
  /** The same by the official short name; and what takes the suspicion away: it is of a kind, a rule, an app. */
  const SUSPECT_LABEL =
    /姓名|手机|电话|邮箱|证件号|身份证|车牌|openid|用户标识|地址|银行卡|账号|帐号|IP|备注|描述|说明|名称|密码|凭证|token|授权码|签名|链接|照片|图|昵称|头像|个人|员工/i
  const HARMLESS_LABEL = /公众账号|商户账号|类型|格式|是否|规则|选项|拦截|颜色|记录数|任务ID|^发券凭证$/
  test('shows no field whose name alone says that it is personal, secret or free text', () => {
    const shown = [...policy.shown, ...policy.shownIfListed]
    expect(shown.filter(name => SUSPECT.test(name) && !HARMLESS.has(name))).toEqual([])
    expect([...HARMLESS].filter(name => !shown.includes(name) || !SUSPECT.test(name))).toEqual([])
  })

  test('shows no field whose official short name says so', () => {
    const suspects = leaves.filter(({ label }) => SUSPECT_LABEL.test(label) && !HARMLESS_LABEL.test(label))
    expect(suspects.length).toBeGreaterThan(1_000)
    expect(suspects.filter(field => treatmentOf(field, policy) === 'shown')).toEqual([])
  })

  test('decides on a name once', () => {
    expect(() => readLogPolicy('shown: { a: [x] }\nwithheld: { b: [x] }')).toThrow(DefinitionError)
    expect(() => readLogPolicy('shown: { a: [x, x] }')).toThrow(/x/)
  })

  test('undecided fields are found in paths, queries, bodies, lists, and JSON within text', () => {
    const found = undecidedOf(`
      parameters:
        - { name: a, in: path, required: true, description: 甲, schema: { type: string } }
        - { name: b, in: query, schema: { type: integer } }
        - { name: c, in: query, schema: { type: string, x-personal: true } }
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                d: { type: array, items: { type: object, properties: { e: { type: boolean } } } }
                f:
                  type: string
                  contentMediaType: application/json
                  contentSchema: { type: object, properties: { g: { type: string } } }
                h: { type: string, x-encrypted: rsa }
                i: { type: object, x-personal: true, properties: { j: { type: string } } }
                k: { type: object }
                l: { allOf: [{ $ref: '#/components/schemas/M' }] }`)
    expect(found).toEqual([
      'POST /v3/t/{a} path: a (甲)',
      'POST /v3/t/{a} query: b ()',
      'POST /v3/t/{a} body: d.e ()',
      'POST /v3/t/{a} body: f.g ()',
      'POST /v3/t/{a} body: l.n ()',
    ])
  })
})

function undecidedOf(operation: string): string[] {
  const yaml = `info: { title: Test, version: v3 }
paths:
  /v3/t/{a}:
    post:
      responses: { '204': { description: ok } }${operation}
components: { schemas: { M: { type: object, properties: { n: { type: string } } } } }
`
  const problems = new Problems()
  const bundled = bundle(readSources({ 'v3/test.yaml': yaml }, problems), problems)
  return undecidedFields(bundled, endpointsOf(bundled), NO_POLICY)
}
