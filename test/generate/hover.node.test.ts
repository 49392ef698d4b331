import { describe, expect, it } from 'vitest'
import { errorsOf, hoverOf } from '../../scripts/generate/hover.ts'
import type { Schema } from '../../scripts/generate/openapi.ts'
import { outputs } from '../../scripts/generate/outputs.ts'
import type { DefinitionError } from '../../scripts/generate/source.ts'

describe('the comment of a field tells', () => {
  it.each<[string, Schema, string[]]>([
    ['its official name', { type: 'string', description: '商品描述' }, ['商品描述']],
    ['the unit of an amount', { type: 'integer', description: '总金额', 'x-unit': 'fen' }, ['总金额 · 分 · 整数']],
    ['a length', { type: 'string', description: '附加数据', maxLength: 128 }, ['附加数据 · ≤ 128 字符']],
    [
      'the bounds of a length',
      { type: 'string', description: '商户订单号', minLength: 6, maxLength: 32 },
      ['商户订单号 · 6–32 字符'],
    ],
    ['the bounds of a number', { type: 'integer', description: '比例', minimum: 0, maximum: 100 }, ['比例 · 0–100']],
    ['a least number', { type: 'integer', description: '次数', minimum: 1 }, ['次数 · ≥ 1']],
    ['the size of a list', { type: 'array', description: '图片', items: {}, maxItems: 3 }, ['图片 · ≤ 3 项']],
    ['a format', { type: 'string', description: '支付时间', format: 'date-time' }, ['支付时间 · RFC 3339']],
    ['that it is encrypted', { type: 'string', description: '姓名', 'x-encrypted': 'rsa' }, ['姓名 · 敏感信息加密']],
    [
      'the length of the members of a list',
      { type: 'array', description: '标签', items: { type: 'string', maxLength: 8 } },
      ['标签 · ≤ 8 字符'],
    ],
    [
      'the names of its values',
      {
        type: 'string',
        description: '交易状态',
        enum: ['SUCCESS', 'REFUND'],
        'x-enum-labels': { SUCCESS: '支付成功', REFUND: '转入退款' },
      },
      ['交易状态', 'SUCCESS 支付成功 · REFUND 转入退款'],
    ],
    [
      'the names of the values of a list',
      { type: 'array', description: '方式', items: { type: 'string', 'x-enum-labels': { A: '甲' } } },
      ['方式', 'A 甲'],
    ],
    ['that it is deprecated', { type: 'string', description: '旧', deprecated: true }, ['旧', '@deprecated']],
    ['nothing without a description', { type: 'string' }, []],
  ])('%s', (_, schema, lines) => {
    expect(hoverOf(schema)).toEqual(lines)
  })

  it('nothing of values that are too many to read', () => {
    const labels = Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`V${at}`, 'name']))
    expect(hoverOf({ description: '国家', 'x-enum-labels': labels })).toEqual(['国家'])
  })
})

it('the errors of an endpoint are told once for each code', () => {
  const errors = [
    { status: 400, code: 'INVALID_REQUEST', description: '账单尚未生成' },
    { status: 400, code: 'INVALID_REQUEST', description: '账单日期已过期' },
    { status: 400, code: 'INVALID_REQUEST', description: '账单尚未生成' },
    { code: 'SYSTEM_ERROR', description: '系统超时' },
  ]
  expect(errorsOf({ responses: {}, 'x-errors': errors })).toEqual([
    '错误码 INVALID_REQUEST 账单尚未生成；账单日期已过期',
    '错误码 SYSTEM_ERROR 系统超时',
  ])
})

describe('a definition is refused', () => {
  const problemsOf = (schema: string, more = ''): readonly string[] => {
    const yaml = `info: { title: T, version: v3 }
paths:
  /v3/a:
    post:
      ${more}
      requestBody: { content: { application/json: { schema: { type: object, properties: { a: ${schema} } } } } }
      responses: { '204': { description: ok } }
`
    try {
      outputs({ 'v3/a.yaml': yaml })
      return []
    } catch (error) {
      return (error as DefinitionError).problems
    }
  }

  it.each([
    ['a unit that is none', '{ type: integer, x-unit: cent }', '', 'x-unit cannot be "cent"'],
    ['a bound that is not there', '{ type: string, x-one-source: [maxLength] }', '', 'x-one-source cannot be'],
    ['a label that is no text', '{ type: string, x-enum-labels: { A: 1 } }', '', 'x-enum-labels cannot be'],
    [
      'a length that its value exceeds',
      '{ type: string, maxLength: 2, enum: [ABC] }',
      '',
      'maxLength 2 does not fit ABC',
    ],
    ['a length that is an example', '{ type: string, maxLength: 1230000109 }', '', 'is longer than any text'],
    ['a length below the least', '{ type: string, maxLength: 2, minLength: 3 }', '', 'is less than minLength 3'],
    ['an example that is too short', '{ type: string, minLength: 3, example: AB }', '', 'minLength 3 does not fit AB'],
    [
      'an example that is malformed',
      '{ type: string, pattern: "^a+$", example: b }',
      '',
      'pattern ^a+$ does not fit b',
    ],
    ['two formats', '{ type: string, format: date-time, pattern: "^[0-9]+$" }', '', 'does not fit format date-time'],
    ['an error with another member', '{ type: string }', 'x-errors: [{ code: A, label: b }]', 'x-errors cannot be'],
  ])('with %s', (_, schema, more, problem) => {
    expect(problemsOf(schema, more)).toEqual([expect.stringContaining(problem)])
  })

  it('not with what is right', () => {
    const schema =
      '{ type: string, maxLength: 2, enum: [日本, A], example: 日本, pattern: "^.+$", x-one-source: [maxLength], x-unit: yuan, x-enum-labels: { A: a } }'
    expect(problemsOf(schema, 'x-errors: [{ status: 400, code: A, description: b }]')).toEqual([])
  })
})
