import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { definitionNodes } from '../../scripts/compare-facts/definitions.ts'
import { type DetailLine, detailContradictions } from '../../scripts/compare-facts/details.ts'
import { differencesOf } from '../../scripts/compare-facts/difference.ts'
import {
  type FactEndpoint,
  type FactField,
  type FactNotification,
  factNodes,
} from '../../scripts/compare-facts/facts.ts'
import { report } from '../../scripts/compare-facts/report.ts'
import type { Document } from '../../scripts/generate/openapi.ts'

type Operation = Record<string, unknown>
const OK = { '204': { description: 'ok' } }
const json = (schema: unknown) => ({ content: { 'application/json': { schema } } })
const xml = (schema: unknown) => ({ content: { 'text/xml': { schema } } })
const object = (properties: Record<string, unknown>, required: string[] = []) => ({
  type: 'object',
  required,
  properties,
})

const PLAIN: FactEndpoint = {
  api: 'v3',
  method: 'POST',
  path: '/v3/a',
  title: '名',
  request: {},
  response: { kind: 'empty' },
}
const fact = (over: Partial<FactEndpoint> = {}): FactEndpoint => ({ ...PLAIN, ...over })
const operation = (over: Operation = {}, api = 'v3'): Operation => ({
  summary: '名',
  responses: OK,
  'x-api': api,
  ...over,
})

interface Definitions {
  paths?: Record<string, Record<string, Operation>>
  webhooks?: Record<string, unknown>
  schemas?: Record<string, unknown>
}

function compared(facts: (FactEndpoint | FactNotification)[], { paths = {}, webhooks, schemas }: Definitions): string {
  const endpoints = facts.filter(one => 'path' in one)
  const notifications = facts.filter(one => 'event' in one)
  const document = { paths, webhooks, components: { schemas } } as unknown as Document
  const [one, other] = [factNodes(endpoints, notifications), definitionNodes(document)]
  return report(differencesOf(one, other), { facts: one.size, definitions: other.size }, false)
}

/** Returns the lines of the report about its first endpoint; the summary is its last block. */
const linesOf = (text: string): string[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .flatMap(block => block.split('\n').slice(1))
    .map(line => line.trim())

const between = (facts: Partial<FactEndpoint>, definition: Operation, schemas?: Record<string, unknown>): string[] =>
  linesOf(compared([fact(facts)], { paths: { '/v3/a': { post: operation(definition) } }, schemas: schemas ?? {} }))

/** One field `f` of a request body. */
const field = (facts: Partial<FactField>, schema: unknown, required: string[] = []): string[] =>
  between(
    { request: { json: [{ name: 'f', type: 'string', ...facts }] } },
    { requestBody: json(object({ f: schema }, required)) },
  )

describe('of an endpoint, the report names', () => {
  it('nothing where both agree', () => {
    expect(compared([fact()], { paths: { '/v3/a': { post: operation() } } })).toMatch(
      /^1 in the facts, 1 in the definitions: 0 differences in 0 of them\n/,
    )
  })

  it('one that only one side has', () => {
    const text = compared([fact(), fact({ path: '/v3/b' })], {
      paths: { '/v3/a': { post: operation(), get: operation() } },
    })
    expect(text).toContain('v3 GET /v3/a\n  only in the definitions\n\nv3 POST /v3/b\n  only in the facts\n\n')
    expect(text).toContain('2 in the facts, 2 in the definitions: 2 differences in 2 of them\n')
    expect(text).toContain('  only in the definitions: 1\n  only in the facts: 1\n')
  })

  it.each<[string, Partial<FactEndpoint>, Operation, string]>([
    ['the title', { title: '名称' }, {}, 'title: "名称" → "名"'],
    ['retired', { retired: '2021-11-10' }, {}, 'retired: "2021-11-10" → none'],
    ['deprecated, without a day', {}, { deprecated: true }, 'retired: none → "deprecated"'],
    [
      'the access point, but for the slash at its end',
      { base: 'https://a.mch.weixin.qq.com/' },
      { servers: [{ url: 'https://b.mch.weixin.qq.com' }] },
      'base: "https://a.mch.weixin.qq.com" → "https://b.mch.weixin.qq.com"',
    ],
    [
      'the second access point',
      { baseAlternative: 'https://apihk.mch.weixin.qq.com/' },
      {},
      'baseAlternative: "https://apihk.mch.weixin.qq.com" → none',
    ],
    ['mtls', { mtls: true }, {}, 'mtls: true → false'],
    ['nonceless', {}, { 'x-nonceless': true }, 'nonceless: false → true'],
    ['the kind of the body', { request: { xml: [] } }, { requestBody: json({}) }, 'body: "xml" → "json"'],
    ['the kind of the answer', { response: { kind: 'file' } }, {}, 'answer: "file" → "empty"'],
    [
      'links, as a set',
      { docs: ['https://x/1', 'https://x/2', 'https://x/3'] },
      { externalDocs: { url: 'https://x/3' }, 'x-docs': ['https://x/4', 'https://x/1'] },
      'docs: -https://x/2 +https://x/4',
    ],
  ])('%s', (_, facts, definition, line) => {
    expect(between(facts, definition)).toEqual([line])
  })

  it('whether an APIv2 answer is signed', () => {
    const answers = [{ name: 'sign', type: 'string' }]
    const v2 = (response: FactEndpoint['response'], over: Operation) =>
      linesOf(
        compared([fact({ api: 'v2', path: '/a', response })], {
          paths: { '/a': { post: operation({ responses: { '200': xml(object({ sign: {} })) }, ...over }, 'v2') } },
        }),
      )
    expect(v2({ kind: 'xml', fields: answers }, { 'x-unsigned': true })).toEqual(['signed (v2): true → false'])
    expect(v2({ kind: 'xml', fields: [] }, {})).toEqual(['signed (v2): false → true'])
  })
})

describe('of a field, it names', () => {
  it.each<[string, Partial<FactField>, unknown, string]>([
    ['the type', { type: 'integer' }, { type: 'string' }, 'type: "integer" → "string"'],
    ['a list', { type: 'string[]' }, { type: 'string' }, 'type: "string[]" → "string"'],
    ['required', { required: true }, { type: 'string' }, 'required: true → false'],
    ['the label', { label: '号' }, { type: 'string', description: '单号' }, 'label: "号" → "单号"'],
    ['values, as a set', { enum: ['A', 'B'] }, { type: 'string', enum: ['C', 'B'] }, 'enum: -A +C'],
    ['values that one side has not', {}, { type: 'string', enum: ['A'] }, 'enum: +A'],
    ['the greatest length', { maxLength: 3 }, { type: 'string', maxLength: 4 }, 'maxLength: 3 → 4'],
    ['the format', { format: 'date-time' }, { type: 'string' }, 'format: "date-time" → none'],
    [
      'encryption',
      { encrypted: 'rsa' },
      { type: 'string', 'x-encrypted': 'rsa-bank' },
      'encrypted: "rsa" → "rsa-bank"',
    ],
    ['encoding', { encoded: 'json' }, { type: 'string' }, 'encoded: "json" → none'],
  ])('%s', (_, facts, schema, line) => {
    expect(field(facts, schema)).toEqual([`body.f: ${line}`])
  })

  it.each<[string, FactEndpoint['request'], Operation]>([
    ['path', { path: [{ name: 'f', type: 'string' }] }, {}],
    ['query', { query: [{ name: 'f', type: 'string' }] }, {}],
    ['headers', { headers: [{ name: 'f', type: 'string' }] }, {}],
    ['body', { json: [{ name: 'f', type: 'string' }] }, { requestBody: json(object({})) }],
  ])('one of the %s that only the facts have', (place, request, definition) => {
    expect(between({ request }, definition)).toEqual([`${place}.f: only in the facts`])
  })

  it.each([
    ['path', 'path'],
    ['query', 'query'],
    ['header', 'headers'],
  ])('one of the %s that only the definitions have', (place, part) => {
    expect(between({}, { parameters: [{ name: 'f', in: place, schema: { type: 'string' } }] })).toEqual([
      `${part}.f: only in the definitions`,
    ])
  })

  it('one of the answer, with what it holds', () => {
    const fields = [
      { name: 'f', type: 'object', fields: [{ name: 'g', type: 'object', fields: [{ name: 'h', type: 'string' }] }] },
    ]
    const answer = { responses: { '200': json(object({ i: object({ j: {} }) })) } }
    expect(between({ response: { kind: 'json', fields } }, answer)).toEqual([
      'answer.f: only in the facts, with 2 members',
      'answer.i: only in the definitions, with 1 members',
    ])
  })

  it('members, however deep, in objects, lists, JSON and encrypted text', () => {
    const g: FactField = { name: 'g', type: 'string', required: true }
    const member = object({ g: { type: 'string' } })
    for (const [facts, schema] of [
      [{ type: 'object' }, member],
      [{ type: 'object[]' }, { type: 'array', items: member }],
      [{ encoded: 'json' }, { type: 'string', contentMediaType: 'application/json', contentSchema: member }],
      [
        { encoded: 'urlencode' },
        { type: 'string', contentMediaType: 'application/x-www-form-urlencoded', contentSchema: member },
      ],
      [
        { encrypted: 'aes-256-gcm' },
        { type: 'string', 'x-encrypted': 'aes-256-gcm', contentMediaType: 'application/json', contentSchema: member },
      ],
    ] as const) {
      expect(field({ ...facts, fields: [g] }, schema)).toEqual(['body.f.g: required: true → false'])
    }
  })

  it('that a text holds a list, not an object', () => {
    const list = { type: 'array', items: object({ g: { type: 'string' } }) }
    const schema = { type: 'string', contentMediaType: 'application/json', contentSchema: list }
    expect(field({ encoded: 'json', fields: [{ name: 'g', type: 'string' }] }, schema)).toEqual([
      'body.f: holds: "object" → "object[]"',
    ])
  })
})

describe('it takes for the same', () => {
  const NAMED: FactField = {
    name: 'f',
    type: 'object',
    label: '号',
    fields: [{ name: 'a', type: 'string', required: true }],
  }
  const schemas = {
    A: object({ a: { type: 'string' } }, ['a']),
    Self: object({ self: { $ref: '#/components/schemas/Self' } }),
  }
  const A = { $ref: '#/components/schemas/A' }

  it.each<[string, FactField, unknown]>([
    ['a reference with a description', NAMED, { ...A, description: '号' }],
    ['allOf', NAMED, { description: '号', allOf: [A] }],
    [
      'members beside allOf',
      NAMED,
      { description: '号', type: 'object', allOf: [{ required: ['a'] }], properties: { a: { type: 'string' } } },
    ],
    [
      'a field that allOf describes twice, the nearer description',
      { ...NAMED, fields: [{ name: 'a', type: 'string', required: true, enum: ['X'], label: '近' }] },
      { description: '号', allOf: [A, object({ a: { description: '近', enum: ['X'] } })] },
    ],
    [
      'anyOf, what only some require being optional',
      {
        ...NAMED,
        fields: [
          { name: 'a', type: 'string' },
          { name: 'b', type: 'string' },
        ],
      },
      { description: '号', anyOf: [A, object({ b: { type: 'string' } }, ['b'])] },
    ],
    ['an object without members', { name: 'f', type: 'object' }, { type: 'object' }],
    ['null beside a type', { name: 'f', type: 'string' }, { type: ['string', 'null'] }],
    ['one constant and one value', { name: 'f', type: 'integer', enum: ['1'] }, { type: 'integer', const: 1 }],
    [
      'what is said of a list’s members',
      { name: 'f', type: 'string[]', encrypted: 'rsa', enum: ['A'] },
      { type: 'array', items: { type: 'string', 'x-encrypted': 'rsa', enum: ['A'] } },
    ],
    [
      'a shape that holds itself',
      { name: 'f', type: 'object', fields: [{ name: 'self', type: 'object' }] },
      { $ref: '#/components/schemas/Self' },
    ],
  ])('%s', (_, one, schema) => {
    expect(between({ request: { json: [one] } }, { requestBody: json(object({ f: schema })) }, schemas)).toEqual([])
  })

  it('a name that occurs twice in the facts, and anyOf', () => {
    const form = (name: string): FactField => ({
      name: 'f',
      type: 'object',
      fields: [{ name, type: 'string', required: true }],
    })
    const schema = { anyOf: [object({ a: { type: 'string' } }, ['a']), object({ b: { type: 'string' } }, ['b'])] }
    expect(
      between({ request: { json: [form('a'), form('b')] } }, { requestBody: json(object({ f: schema })) }),
    ).toEqual([])
  })

  it('a numbered family and a pattern', () => {
    const fields = [
      { name: 'coupon_id_$n', type: 'string' },
      { name: 'coupon_id_$n_$m', type: 'string' },
    ]
    const family = { '^coupon_id_\\d+$': { type: 'string' }, '^coupon_id_\\d+_\\d+$': { type: 'string' } }
    const responses = { '200': json({ type: 'object', patternProperties: family }) }
    expect(between({ response: { kind: 'json', fields } }, { responses })).toEqual([])
  })

  it('an upload’s file and meta', () => {
    const meta: FactField = {
      name: 'meta',
      type: 'string',
      encoded: 'json',
      fields: [{ name: 'sha256', type: 'string' }],
    }
    const schema = object({ file: { type: 'string', format: 'binary' }, meta: object({ sha256: { type: 'string' } }) })
    expect(
      between(
        { request: { multipart: [{ name: 'file', type: 'object' }, meta] } },
        { requestBody: { content: { 'multipart/form-data': { schema } } } },
      ),
    ).toEqual([])
  })

  it('an answer that is text or XML: its fields are those of the XML', () => {
    const responses = {
      '200': {
        content: { 'text/plain': { schema: { type: 'string' } }, ...xml(object({ e: { type: 'string' } })).content },
      },
    }
    expect(between({ response: { kind: 'file', fields: [{ name: 'e', type: 'string' }] } }, { responses })).toEqual([])
  })

  it('Wechatpay-Serial, which the client sets, and no header', () => {
    expect(between({ request: { headers: [{ name: 'Wechatpay-Serial', type: 'string' }] } }, {})).toEqual([])
  })

  it('the first server as home, the second as the alternative', () => {
    const servers = [{ url: 'https://api.mch.weixin.qq.com' }, { url: 'https://apihk.mch.weixin.qq.com' }]
    expect(between({ baseAlternative: 'https://apihk.mch.weixin.qq.com/' }, { servers })).toEqual([])
  })
})

it('notifications are compared as endpoints are, those of APIv2 by their own names', () => {
  const notification = (api: 'v2' | 'v3', event: string): FactNotification => ({
    api,
    event,
    title: '通知',
    body: [{ name: 'id', type: 'string' }],
  })
  const webhook = (properties: Record<string, unknown>) => ({
    post: { summary: '通知', requestBody: json(object(properties)), responses: OK },
  })
  const text = compared([notification('v2', 'A.B'), notification('v3', 'A.B')], {
    webhooks: { 'v2/A.B': webhook({ id: { type: 'integer' } }), 'A.B': webhook({}) },
  })
  expect(text).toMatch(
    /^v2 A\.B\n {2}body\.id: type: "string" → "integer"\n\nv3 A\.B\n {2}body\.id: only in the facts\n/,
  )
})

describe('a detail', () => {
  const length = { type: 'string', maxLength: 32, 'x-enum-labels': { A: '甲', B: '乙' } }
  const requestBody = json(object({ a: length, list: { type: 'array', items: length } }))
  const paths = { '/v3/a': { post: operation({ requestBody, operationId: 'a' }) } }
  const definitions = definitionNodes({ paths, components: {} } as unknown as Document)
  const differing = (says: DetailLine['says']) =>
    detailContradictions([{ of: 'v3 POST /v3/a', says }], definitions).map(({ at, facet, facts, definitions }) => [
      at,
      facet,
      facts,
      definitions,
    ])

  it('that stands in the definitions is none to tell of', () => {
    expect(differing({ 'body.a': { maxLength: 32, labels: { A: '甲' } }, 'body.list': { maxLength: 32 } })).toEqual([])
  })

  it.each([
    ['another number', { 'body.a': { maxLength: 16 } }, ['body.a', 'maxLength', 16, 32]],
    ['one that is lost', { 'body.a': { minLength: 6 } }, ['body.a', 'minLength', 6, undefined]],
    ['another name', { 'body.a': { labels: { A: '丙' } } }, ['body.a', 'labels', { A: '丙' }, { A: '甲', B: '乙' }]],
    ['a lost field', { 'body.b': { maxLength: 16 } }, ['body.b', 'exists', true, false]],
  ])('is told of: %s', (_, says, difference) => {
    expect(differing(says)).toEqual([difference])
  })
})

describe('what is systematic is counted', () => {
  const facts: FactEndpoint[] = [
    fact({
      api: 'v2',
      path: '/a',
      request: {
        xml: ['nonce_str', 'sign', 'fee', 'fees'].map(name => ({
          name,
          type: name === 'fees' ? 'number[]' : name === 'fee' ? 'number' : 'string',
        })),
      },
    }),
  ]
  const body = xml(
    object({ fee: { type: 'integer', description: '金额' }, fees: { type: 'array', items: { type: 'integer' } } }),
  )
  const definitions = { paths: { '/a': { post: operation({ requestBody: body }, 'v2') } } }

  it('and not listed', () => {
    const text = compared(facts, definitions)
    expect(text).toMatch(/^1 in the facts, 1 in the definitions: 0 differences/)
    expect(text).toContain('not listed one by one (--all lists them):\n  number → integer: 2 fields')
    expect(text).toContain('  nonce_str, sign: 2 fields')
    expect(text).toContain('  label added: 1 fields')
  })

  it('the time of a notification, too', () => {
    const notification: FactNotification = {
      api: 'v3',
      event: 'A.B',
      title: '通知',
      body: [{ name: 'create_time', type: 'string' }],
    }
    const text = compared([notification], {
      webhooks: {
        'A.B': {
          post: {
            summary: '通知',
            requestBody: json(object({ create_time: { type: 'string', format: 'date-time' } })),
          },
        },
      },
    })
    expect(linesOf(text)).toEqual([])
    expect(text).toContain('  create_time of a notification: 1 fields')
  })

  it('unless all are asked for', () => {
    const [one, other] = [factNodes(facts, []), definitionNodes(definitions as unknown as Document)]
    const text = report(differencesOf(one, other), { facts: 1, definitions: 1 }, true)
    expect(linesOf(text)).toEqual([
      'body.fee: type: "number" → "integer"',
      'body.fee: label: none → "金额"',
      'body.fees: type: "number[]" → "integer[]"',
      'body.nonce_str: only in the facts',
      'body.sign: only in the facts',
    ])
  })
})

describe('scripts/compare-facts.ts', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/compare-facts.ts', ...args], { encoding: 'utf8' })

  test.each<[string, string[], string]>([
    ['no table', [], 'Name a table of facts: a folder or a file.'],
    ['an unknown option', ['--al', '.'], "Unknown option '--al'"],
    [
      'a table that is not there',
      [join(tmpdir(), 'no-facts.jsonl')],
      `${join(tmpdir(), 'no-facts.jsonl')} cannot be read`,
    ],
    ['a folder that holds no facts', ['test'], `${join('test', 'endpoints.jsonl')} cannot be read`],
  ])('refuses %s', (_, args, message) => {
    const { status, stderr } = run(...args)
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)])
    expect(stderr).toContain('Usage: node scripts/compare-facts.ts <table>...')
  })
})
