import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bundle } from '../../scripts/generate/bundle.ts'
import { endpointsOf } from '../../scripts/generate/endpoint.ts'
import { Problems, readSources } from '../../scripts/generate/source.ts'
import { traitOf, writeTraits } from '../../scripts/generate/traits.ts'
import type { Trait } from '../../src/definitions/trait.ts'
import { readTraits, type TraitOf } from '../../src/definitions/trait-table.ts'

const OK = `responses: { '204': { description: ok } }`

function documentOf(definitions: Record<string, string>) {
  const problems = new Problems()
  const document = bundle(readSources(definitions, problems), problems)
  return { document, endpoints: endpointsOf(document) }
}

interface Written {
  text: string
  traitOf: TraitOf
  segments: Record<string, string>
}

/** Generates `traits.ts`, and reads it as the client does. */
function written(definitions: Record<string, string>): Written {
  const { document, endpoints } = documentOf(definitions)
  const text = writeTraits(document, endpoints)
  const [, table = ''] = /const table =\s+'(.*)'\n/.exec(text)!
  const [, accessPoints = ''] = /const accessPoints.* = (\[[\s\S]*?\])\n\n/.exec(text)!
  const [, segments = ''] = /const segments: .*\{\n([\s\S]*?)\}/.exec(text)!
  return {
    text,
    traitOf: readTraits(table, JSON.parse(accessPoints)),
    segments: Object.fromEntries(
      Array.from(segments.matchAll(/(\w+): '(.*)'/g), ([, written, segment]) => [written, segment]),
    ),
  }
}
const file = (paths: string): string => `info: { title: Test, version: v3 }\npaths:\n${paths}`
const path = (path: string, operations: string): string => `  ${path}:\n    ${operations}\n`
const v3 = (operation: string, method = 'post'): Trait =>
  written({ 'v3/test.yaml': file(path('/v3/a', `${method}: { ${operation} }`)) }).traitOf(method.toUpperCase(), '/v3/a')
const v2 = (operation: string): Trait =>
  written({ 'v2/test.yaml': file(path('/a', `post: { ${operation} }`)) }).traitOf('POST', '/a')

const json = (schema: string): string => `content: { application/json: { schema: ${schema} } }`
const xml = (fields: string): string => `content: { text/xml: { schema: { type: object, properties: { ${fields} } } } }`
const form = (fields: string): string =>
  `content: { multipart/form-data: { schema: { type: object, properties: { ${fields} } } } }`
const ENCRYPTED = '{ type: string, x-encrypted: rsa }'
const JSON_TEXT = 'type: string, contentMediaType: application/json'
const SIGNED = `responses: { '200': { description: ok, ${xml('sign: {}')} } }`

describe('the trait of an endpoint', () => {
  it('is nothing where it is plain', () => {
    expect(v3(OK)).toEqual({})
  })

  it('has encrypted fields of bodies, in objects, lists and JSON inside strings', () => {
    const fields = [
      `a: ${ENCRYPTED}`,
      `b: { type: array, items: { type: object, properties: { c: ${ENCRYPTED} } } }`,
      `d: { ${JSON_TEXT}, contentSchema: { properties: { e: ${ENCRYPTED} } } }`,
      'f: { type: string, x-encrypted: aes-256-gcm }',
    ]
    const body = json(`{ type: object, properties: { ${fields.join(', ')} } }`)
    expect(v3(`requestBody: { ${body} }, ${OK}`)).toEqual({ encrypt: ['a', 'b.c', 'd.e'], encode: ['d'] })
  })

  it('has encrypted fields of a list of encrypted texts', () => {
    const body = json(`{ type: object, properties: { f: { type: array, items: ${ENCRYPTED} } } }`)
    expect(v3(`requestBody: { ${body} }, ${OK}`)).toEqual({ encrypt: ['f'] })
  })

  it('has encrypted query parameters, and those that hold JSON', () => {
    const parameters = [
      `{ name: a, in: query, schema: ${ENCRYPTED} }`,
      '{ name: b, in: query, schema: { type: string } }',
      `{ name: c, in: query, schema: { ${JSON_TEXT} } }`,
    ]
    expect(v3(`parameters: [${parameters.join()}], ${OK}`)).toEqual({ encryptQuery: ['a'], encodeQuery: ['c'] })
  })

  it('has what an answer encrypts, and what holds JSON', () => {
    const answer = json(`{ type: object, properties: { a: ${ENCRYPTED}, b: { ${JSON_TEXT} } } }`)
    expect(v3(`responses: { '200': { description: ok, ${answer} } }`)).toEqual({ decrypt: ['a'], json: ['b'] })
  })

  it('has JSON within JSON: the outer before the inner to read it, the inner before the outer to write it', () => {
    const inner = `properties: { b: { ${JSON_TEXT} }, c: { ${JSON_TEXT}, contentSchema: { properties: { d: { ${JSON_TEXT} } } } } }`
    const schema = `{ type: object, properties: { a: { ${JSON_TEXT}, contentSchema: { ${inner} } } } }`
    const trait = v3(`requestBody: { ${json(schema)} }, responses: { '200': { description: ok, ${json(schema)} } }`)
    expect(trait.json).toEqual(['a', 'a.b', 'a.c', 'a.c.d'])
    expect(trait.encode).toEqual(['a.c.d', 'a.c', 'a.b', 'a'])
  })

  it('has of APIv2 the fields encrypted for the bank and those of url-encoded text, none of JSON, which it always writes', () => {
    const fields = [
      'a: { type: string, x-encrypted: rsa-bank }',
      'b: { type: string, contentMediaType: application/x-www-form-urlencoded }',
      `c: { ${JSON_TEXT} }`,
    ]
    expect(v2(`requestBody: { ${xml(fields.join())} }, ${SIGNED}`)).toEqual({ encryptForBank: ['a'], form: ['b'] })
  })

  it('has the access point, with its prefix and a slash at the end, and the one beside it', () => {
    const of = (servers: string): Trait => v3(`servers: [${servers}], ${OK}`)
    expect(of('{ url: https://api.mch.weixin.qq.com/hk }')).toEqual({ base: 'https://api.mch.weixin.qq.com/hk/' })
    expect(of('{ url: https://api.mch.weixin.qq.com/ }, { url: https://apihk.mch.weixin.qq.com }')).toEqual({
      alternative: 'https://apihk.mch.weixin.qq.com/',
    })
  })

  it('has flags', () => {
    expect(v3(`x-mtls: true, x-nonceless: true, x-unsigned: true, ${OK}`)).toEqual({
      mtls: true,
      nonceless: true,
      unsigned: true,
    })
  })

  it('has the better sign type that the definition admits', () => {
    const of = (enums: string): Trait =>
      v2(`requestBody: { ${xml(`sign_type: { type: string ${enums} }`)} }, ${SIGNED}`)
    expect(of(', enum: [MD5, HMAC-SHA256]')).toEqual({ signType: 'HMAC-SHA256' })
    expect(of('')).toEqual({ signType: 'HMAC-SHA256' })
    expect(of(', enum: [MD5]')).toEqual({ signType: 'MD5' })
  })

  it('is unsigned where an APIv2 answer has no sign', () => {
    expect(v2(`responses: { '200': { description: ok, ${xml('return_code: {}')} } }`)).toEqual({ unsigned: true })
  })

  it('has answers that are not the API’s own format', () => {
    const of = (content: string): string => `responses: { '200': { description: ok, content: { ${content} } } }`
    expect(v3(of('text/plain: {}'), 'get')).toEqual({ response: 'file' })
    expect(v3(`responses: { '302': { description: go } }`, 'get')).toEqual({ response: 'redirect' })
    expect(v2(of('text/plain: { schema: { type: string } }, text/xml: {}'))).toEqual({
      unsigned: true,
      response: 'file',
    })
    expect(v2(of('application/json: {}'))).toEqual({ unsigned: true, response: 'json' })
  })

  it.each([
    ['{ filename: {}, sha256: {} }', undefined],
    ['{ sha256: {}, filename: {}, x: {} }', undefined],
    ['{ file_name: {}, file_digest: {} }', ['file_name', 'file_digest']],
    ['{ sha256: {} }', ['sha256']],
    ['{ digest: {}, digest_algorithm: {} }', []],
    ['{}', []],
  ])('has what the client makes of meta %s', (properties, meta) => {
    const body = form(`meta: { type: object, properties: ${properties} }, file: { type: string, format: binary }`)
    expect(v3(`requestBody: { ${body} }, ${OK}`).meta).toEqual(meta)
  })
})

describe('the table', () => {
  const mtls = `x-mtls: true, ${OK}`
  const parameters = (...names: string[]) =>
    `parameters: [${names.map(name => `{ name: ${name}, in: path, required: true }`).join()}]`
  const of = (...paths: string[]): TraitOf => written({ 'v3/test.yaml': file(paths.join('')) }).traitOf

  it('knows a placeholder by no name', () => {
    const traitOf = of(path('/v3/{a}/x/{b}', `post: { ${parameters('a', 'b')}, ${mtls} }`))
    for (const path of ['/v3/{a}/x/{b}', '/v3/{c}/x/{d}', '/v3/1/x/2'])
      expect(traitOf('POST', path)).toEqual({ mtls: true })
    expect(traitOf('POST', '/v3/1/y/2')).toEqual({})
  })

  it('has two endpoints that differ in the name of a placeholder once, and refuses them when their traits differ', () => {
    const one = path('/v3/a/{b}', `post: { ${parameters('b')}, ${mtls} }`)
    expect(
      of(one, path('/v3/a/{c}', `post: { operationId: x, ${parameters('c')}, ${mtls} }`))('POST', '/v3/a/1'),
    ).toEqual({
      mtls: true,
    })
    expect(() => of(one, path('/v3/a/{c}', `post: { operationId: x, ${parameters('c')}, ${OK} }`))).toThrow(
      'POST /v3/a/{} differ in their traits',
    )
  })

  it('names a plain endpoint that a special one’s placeholder would take for its own', () => {
    const traitOf = of(
      path('/v3/a/{b}', `get: { ${parameters('b')}, ${mtls} }`),
      path('/v3/a/c', `get: { ${OK} }`),
      path('/v3/a/{b}/{c}', `post: { ${parameters('b', 'c')}, ${mtls} }`),
      path('/v3/a/d/{c}', `post: { ${parameters('c')}, ${OK} }`),
      path('/v3/{a}/d/e', `post: { ${parameters('a')}, ${OK} }`),
    )
    expect(traitOf('GET', '/v3/a/c')).toEqual({})
    expect(traitOf('GET', '/v3/a/d')).toEqual({ mtls: true })
    expect(traitOf('POST', '/v3/a/d/1')).toEqual({})
    // A literal segment further to the left is the more specific.
    expect(traitOf('POST', '/v3/a/b/e')).toEqual({ mtls: true })
    expect(traitOf('POST', '/v3/b/d/e')).toEqual({})
  })

  it('has the access point of a product once, and none for an endpoint beside it', () => {
    const hk = `servers: [{ url: https://apihk.mch.weixin.qq.com }], ${OK}`
    const { text, traitOf } = written({
      'v3/test.yaml': file(
        path('/v3/a/b', `get: { ${hk} }`) +
          path('/v3/a/{c}', `get: { ${parameters('c')}, ${hk} }`) +
          path('/v3/d', `get: { ${hk} }\n    post: { ${OK} }`),
      ),
    })
    expect(text).toContain("'v3{a{+0}d{=0}}'")
    const there = { base: 'https://apihk.mch.weixin.qq.com/' }
    for (const path of ['/v3/a/b', '/v3/a/1', '/v3/d']) expect(traitOf('GET', path)).toEqual(there)
    for (const path of ['/v3/d', '/v3/b']) expect(traitOf('POST', path)).toEqual({})
  })

  it('has a certificate that all endpoints of a product need once, but not below a placeholder', () => {
    const { text, traitOf } = written({
      'v3/test.yaml': file(
        path('/v3/a/b', `get: { ${mtls} }`) +
          path('/v3/a/c', `post: { x-unsigned: true, ${mtls} }`) +
          path('/v3/{d}/e', `get: { ${parameters('d')}, ${mtls} }`) +
          path('/v3/{d}/f', `get: { ${parameters('d')}, ${mtls} }`) +
          path('/v3/g/h/i', `get: { ${OK} }`),
      ),
    })
    expect(text).toContain("'v3{a{+M,c{U}}*{e{=M}f{=M}}}'")
    expect(traitOf('GET', '/v3/a/b')).toEqual({ mtls: true })
    expect(traitOf('POST', '/v3/a/c')).toEqual({ mtls: true, unsigned: true })
    expect(traitOf('GET', '/v3/g/h/i')).toEqual({})
  })

  it('refuses what the client would not do', () => {
    const body = (field: string): string => `requestBody: { ${xml(`a: { type: string, ${field} }`)} }, ${SIGNED}`
    expect(() =>
      v2(`parameters: [{ name: a, in: query, schema: { type: string, x-encrypted: rsa } }], ${SIGNED}`),
    ).toThrow('does not implement "encryptQuery" in v2, which POST /a needs')
    expect(() => v3(body('x-encrypted: rsa-bank'))).toThrow(
      'does not implement "encryptForBank" in v3, which POST /v3/a needs',
    )
  })

  it('refuses a segment that it cannot represent', () => {
    expect(() => of(path('/v3/a+b', `get: { ${mtls} }`))).toThrow('cannot represent "a+b" of /v3/a+b')
    expect(() => of(path('/v3/A', `get: { ${mtls} }`))).toThrow('cannot represent "A" of /v3/A')
  })
})

it('segments are there that the chain’s rule does not lead back to', () => {
  const paths = ['/a-b', '/addThing', '/c_d', '/e-2f', '/v2-x']
    .map(name => path(`/v3${name}`, `get: { ${OK} }`))
    .join('')
  expect(written({ 'v3/test.yaml': file(paths) }).segments).toEqual({ addThing: 'addThing', e2f: 'e-2f' })
})

describe('of every endpoint that is defined, the client reads what its definition says', () => {
  const root = new URL('../../src/definitions/', import.meta.url)
  const files = ['v2', 'v3', 'brand'].flatMap(api =>
    readdirSync(new URL(`${api}/`, root)).flatMap(name => (name.endsWith('.yaml') ? [`${api}/${name}`] : [])),
  )
  const definitions = Object.fromEntries(files.map(file => [file, readFileSync(new URL(file, root), 'utf8')]))
  const { document, endpoints } = documentOf(definitions)
  const { traitOf: read } = written(definitions)
  const due = new Map(endpoints.map(endpoint => [endpoint, traitOf(document, endpoint)]))

  it.each<[string, (path: string) => string]>([
    ['its template', path => path],
    ['its template, the placeholders named otherwise', path => path.replace(/\{\w+\}/g, '{id}')],
    ['its path, filled in', path => path.replace(/\{\w+\}/g, '1900000109-a')],
  ])('by %s', (_, pathOf) => {
    expect(due.size).toBeGreaterThan(1000)
    expect(new Map(endpoints.map(endpoint => [endpoint, read(endpoint.method, pathOf(endpoint.path))]))).toEqual(due)
  })
})
