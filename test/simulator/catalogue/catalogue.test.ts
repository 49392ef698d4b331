import { describe, expect, it } from 'vitest'
import { type Endpoint, type EndpointEntry, endpointEntries } from '../../../src/simulator/catalogue/catalogue.ts'
import { encryptedPaths } from '../../../src/simulator/catalogue/encrypted-paths.ts'
import { createFinder, findEndpoint } from '../../../src/simulator/catalogue/find.ts'
import { withRules } from '../../../src/simulator/catalogue/rules.ts'
import type { Field, Shape } from '../../../src/simulator/catalogue/shape.ts'
import { type Form, findViolation, type Values } from '../../../src/simulator/catalogue/violation.ts'
import { sample } from '../../../src/simulator/sample/sample.ts'
import { pickSuccessState } from '../../../src/simulator/sample/sample-value.ts'
import { createRandom } from '../../../src/simulator/state/random.ts'
import { ROUTES as V2_ROUTES } from '../../../src/simulator/v2/routes.ts'
import { ROUTES as V3_ROUTES } from '../../../src/simulator/v3/routes.ts'

const field = (name: string, shape: Shape, required = false): Field => ({ name, label: name, shape, required })
const TEXT: Shape = { type: 'string' }

describe('the catalogue', () => {
  it('has every endpoint of the definitions', () => {
    const endpoints = endpointEntries().map(entry => entry.endpoint())
    expect(endpoints.filter(({ api }) => api === 'v2')).toHaveLength(129)
    // 1026, and one of them behind /hk too.
    expect(endpoints.filter(({ api }) => api === 'v3')).toHaveLength(1027)
    expect(endpoints.filter(({ api }) => api === 'brand')).toHaveLength(58)
    expect(endpoints.every(({ title, method, path }) => title && method && path.startsWith('/'))).toBe(true)
  })

  it('knows the extensions of a definition', () => {
    const of = (method: string, path: string) => {
      const match = findEndpoint(method, path)
      return typeof match === 'string' ? match : match.endpoint
    }
    expect(of('POST', '/secapi/pay/refund')).toMatchObject({ api: 'v2', mtls: true, nonceless: false, kind: 'xml' })
    expect(of('GET', '/papay/entrustweb')).toMatchObject({ nonceless: true, kind: 'redirect' })
    expect(of('POST', '/v3/merchant/media/upload')).toMatchObject({
      upload: { part: 'file', maxBytes: 2 * 1024 * 1024, kinds: ['jpg', 'bmp', 'png'] },
      kind: 'json',
    })
    expect(of('GET', '/v3/billdownload/file')).toMatchObject({ kind: 'file' })
    expect(of('GET', '/v3/nowhere')).toBe('no such path')
    expect(of('PATCH', '/v3/billdownload/file')).toBe('no such method')
  })

  it('finds each by its path with values', () => {
    const erased = (path: string) => path.replace(/\{\w+\}/g, '{}')
    for (const { method, path } of endpointEntries()) {
      const match = findEndpoint(method, path.replace(/\{\w+\}/g, 'x-1'))
      expect(typeof match === 'string' ? match : erased(match.endpoint.path)).toBe(erased(path))
    }
  })

  it('prefers a literal segment to a placeholder, unless it leads nowhere', () => {
    const of = (name: string): EndpointEntry => {
      const [method, path] = name.split(' ') as [string, string]
      return { method, path, endpoint: () => ({ path }) as Endpoint }
    }
    const search = createFinder(() =>
      ['GET /a/{id}', 'GET /a/b', 'POST /a/{id}', 'GET /a/{id}/d', 'GET /a/b/c', 'GET /a/{no}'].map(of),
    )
    const found = (method: string, path: string) => {
      const match = search(method, path)
      return typeof match === 'string' ? match : [match.endpoint.path, match.path]
    }
    expect(found('GET', '/a/b')).toEqual(['/a/b', {}])
    expect(found('POST', '/a/b')).toEqual(['/a/{id}', { id: 'b' }])
    expect(found('GET', '/a/b/d')).toEqual(['/a/{id}/d', { id: 'b' }])
    expect(found('GET', '/a/x')).toEqual(['/a/{id}', { id: 'x', no: 'x' }])
    expect([found('GET', '/a/'), found('PUT', '/a/b')]).toEqual(['no such path', 'no such method'])
  })

  it('has a definition for each route, and a field for each rule', () => {
    const routes = [...V2_ROUTES, ...V3_ROUTES].map(({ endpoint, rules = {} }) => {
      const entry = endpointEntries().find(({ method, path }) => `${method} ${path}` === endpoint)
      return { endpoint, rules: Object.keys(rules), fields: entry && pathsOf(entry.endpoint()) }
    })
    expect(routes.filter(({ fields }) => !fields)).toEqual([])
    const met = new Set(routes.flatMap(({ rules, fields }) => rules.filter(rule => fields!.includes(rule))))
    expect(routes.flatMap(({ rules }) => rules.filter(rule => !met.has(rule)))).toEqual([])
  })

  const pathsOf = ({ parameters, body }: Endpoint): string[] =>
    [...parameters.path, ...parameters.query, ...(body?.fields ?? [])].flatMap(one => paths(one, ''))
  function paths({ name, shape }: Field, at: string): string[] {
    const inner = shape.items ?? shape
    const path = at + name
    return [
      path,
      ...[inner, inner.json, inner.json?.items]
        .flatMap(one => one?.fields ?? [])
        .flatMap(one => paths(one, `${path}.`)),
    ]
  }
})

describe('a fault', () => {
  const fields: readonly Field[] = [
    field('text', { type: 'string', maxLength: 3 }),
    field('state', { type: 'string', enum: ['A', 'B'] }),
    field('code', { type: 'integer', enum: [1, 2] }),
    field('count', { type: 'integer' }),
    field('id', { type: 'integer', format: 'uint64' }),
    field('flag', { type: 'boolean' }),
    field('when', { type: 'string', format: 'date-time' }),
    field('list', { type: 'array', items: { type: 'object', fields: [field('name', TEXT, true)] } }),
    field('json', { type: 'string', json: { type: 'object', fields: [field('name', TEXT, true)] } }),
    field('form', { type: 'string', form: { type: 'object', fields: [field('time', { type: 'integer' }, true)] } }),
    field('either', {
      type: 'any',
      anyOf: [
        { type: 'object', fields: [field('a', TEXT, true)] },
        { type: 'object', fields: [field('b', TEXT, true)] },
      ],
    }),
    field('coupon_#', TEXT, true),
  ]
  const place = (values: Values, form: Form = 'json') => findViolation(values, fields, form)?.pointer

  it.each<[Values, string | undefined]>([
    [{ text: '三个字' }, undefined],
    [{ text: '四个字了' }, '/text'],
    [{ text: '👍👍👍' }, undefined],
    [{ state: 'C' }, '/state'],
    [{ code: 3 }, '/code'],
    [{ code: '1' }, '/code'],
    [{ count: 2 ** 53 }, '/count'],
    [{ count: 9007199254740993n }, '/count'],
    [{ id: 18446744073709551615n }, undefined],
    [{ id: 18446744073709551616n }, '/id'],
    [{ id: -1 }, '/id'],
    [{ flag: 'true' }, '/flag'],
    [{ when: '2026-03-01T10:00:00+08:00' }, undefined],
    [{ when: '2026-03-01 10:00:00' }, '/when'],
    [{ list: [{ name: 'a' }, {}] }, '/list/1/name'],
    [{ list: [{ name: 'a' }, null] }, '/list'],
    [{ json: '{"name":"a"}' }, undefined],
    [{ json: '{}' }, '/json/name'],
    [{ json: '{' }, '/json'],
    [{ json: { name: 'a' } }, '/json'],
    [{ form: 'time=1' }, undefined],
    [{ form: 'time%3D1%26a%3D2' }, undefined],
    [{ form: 'time=x' }, '/form/time'],
    [{ either: { b: '1' } }, undefined],
    [{ either: {} }, '/either/a'],
    [{ unknown: [] }, undefined],
    [JSON.parse('{"__proto__":{"state":"C"}}'), undefined],
  ])('of %o is at %s', (values, at) => {
    expect(place(values)).toBe(at)
  })

  it.each<[Values, string | undefined]>([
    [{ count: '12', id: '18446744073709551615', flag: 'false', code: '2' }, undefined],
    [{ count: '1.5' }, '/count'],
    [{ count: '' }, '/count'],
    [{ id: '18446744073709551616' }, '/id'],
    [{ flag: '1' }, '/flag'],
    [{ code: '3' }, '/code'],
  ])('of text %o is at %s', (values, at) => {
    expect(place(values, 'text')).toBe(at)
  })

  it('is found by a rule of the route', () => {
    const rules = {
      text: { required: true, pattern: /^a/ },
      count: { minimum: 1 },
      'list.name': { maxLength: 2 },
      'json.name': { enum: ['b'] },
    } as const
    const at = (values: Values) => findViolation(values, withRules(fields, rules), 'json')?.pointer
    expect(at({})).toBe('/text')
    expect(at({ text: 'b' })).toBe('/text')
    expect(at({ text: 'a', count: 0 })).toBe('/count')
    expect(at({ text: 'a', list: [{ name: 'abc' }] })).toBe('/list/0/name')
    expect(at({ text: 'a', json: '{"name":"a"}' })).toBe('/json/name')
    expect(
      findViolation({ list: [{}] }, withRules(fields, { 'list.name': { required: false } }), 'json'),
    ).toBeUndefined()
    expect(at({ text: 'a', count: 1, list: [{ name: 'ab' }], json: '{"name":"b"}' })).toBeUndefined()
  })
})

it('encrypted fields are named by their paths, through lists', () => {
  const encrypted: Shape = { type: 'string', encrypted: 'rsa' }
  const inner = field('inner', { type: 'array', items: { type: 'object', fields: [field('name', encrypted)] } })
  expect(encryptedPaths([field('id', encrypted), inner, field('ids', { type: 'array', items: encrypted })])).toEqual([
    'id',
    'inner.name',
    'ids',
  ])
})

it.each([
  [['PROCESSING', 'FAIL', 'SUCCESS'], 'SUCCESS'],
  [['CLOSED', 'WAIT_USER_CONFIRM', 'FAILED'], 'WAIT_USER_CONFIRM'],
  [['unactivated', 'audit', 'running', 'stoped'], 'audit'],
  [['AUTHORIZE_STATE_UNAUTHORIZED', 'AUTHORIZE_STATE_AUTHORIZED'], 'AUTHORIZE_STATE_AUTHORIZED'],
  [['FAILED'], 'FAILED'],
])('of %j, %s reads most like success', (values, state) => {
  expect(pickSuccessState(values)).toBe(state)
})

describe('a sample', () => {
  const context = {
    random: createRandom('seed'),
    now: 0,
    fen: 7,
    api: 'v3' as const,
    sub_mchid: '2',
    merchant: { mchid: '1', appid: 'wx' },
  }
  const of = (fields: readonly Field[], request: Values = {}) =>
    sample(fields, request, context) as Record<string, unknown>

  it('repeats the values of the request in the defined type', () => {
    const fields = [
      field('plan_id', { type: 'integer' }),
      field('state', { type: 'string', enum: ['A'] }),
      field('id', { type: 'integer', format: 'uint64' }),
    ]
    expect(of(fields, { plan_id: '12', state: 'NONE', id: '9007199254740993' })).toEqual({
      plan_id: 12,
      state: 'A',
      id: 9007199254740993n,
    })
  })

  it('has as many members as the request, each with the values of its counterpart', () => {
    const fields = [
      field('list', {
        type: 'array',
        items: { type: 'object', fields: [field('out_no', TEXT), field('mchid', TEXT)] },
      }),
    ]
    expect(of(fields, { list: [{ out_no: 'a' }, { out_no: 'b' }] })).toEqual({
      list: [
        { out_no: 'a', mchid: '1' },
        { out_no: 'b', mchid: '1' },
      ],
    })
  })

  it('leaves out fields that report a failure, unless they are required', () => {
    const fields = [field('fail_reason', TEXT), field('reject_reason', TEXT, true)]
    expect(Object.keys(of(fields))).toEqual(['reject_reason'])
  })

  it('gives a count the length of its list', () => {
    const list: Shape = { type: 'array', items: { type: 'object', fields: [field('id', TEXT)] } }
    const fields = [field('total_count', { type: 'integer' }), field('data', list)]
    for (const seed of ['a', 'b', 'c', 'd']) {
      const { total_count, data } = sample(fields, {}, { ...context, random: createRandom(seed) }) as {
        total_count: number
        data: object[]
      }
      expect(total_count).toBe(data.length)
    }
  })
})
