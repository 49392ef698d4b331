import { describe, expect, it } from 'vitest'
import { outputs } from '../../scripts/generate/outputs.ts'

/** The types of one file. */
function typesOf(yaml: string, file = 'v3/test.yaml'): string {
  return outputs({ [file]: `info: { title: Test, version: v3 }\n${yaml}` })['types.ts']!
}

/** A declaration, without its `export`. */
function declaration(types: string, name: string): string {
  const found = types
    .split(/\n(?=export |interface |\/\*\*)/)
    .find(text => new RegExp(`(interface|type) ${name.replaceAll('$', '\\$')}[ =]`).test(text))
  return found?.replace('export ', '').trim() ?? `no ${name}`
}

/** One endpoint with a body and an answer of the same shape. */
const echo = (schema: string, api: 'v2' | 'v3' = 'v3'): string => {
  const type = api === 'v2' ? 'text/xml' : 'application/json'
  const path = api === 'v2' ? '/a' : '/v3/a'
  return typesOf(
    `paths:
  ${path}:
    post:
      requestBody: { required: true, content: { ${type}: { schema: ${schema} } } }
      responses: { '200': { description: ok, content: { ${type}: { schema: ${schema} } } } }
`,
    `${api}/test.yaml`,
  )
}
const field = (types: string, part: string): string =>
  /\n {2}f\??: ([\s\S]*)\n\}/.exec(declaration(types, part))?.[1] ?? ''

const OK = `responses: { '204': { description: ok } }`

describe('fields', () => {
  it.each([
    ['{ type: string, enum: [A, B] }', "OneOf<'A | B'>", "Open<'A | B'>"],
    ['{ type: string, enum: [A] }', "'A'", "Open<'A'>"],
    ['{ type: string, enum: ["a|b", c] }', "'a|b' | 'c'", "'a|b' | 'c' | Other"],
    ['{ type: string, x-encrypted: rsa }', 'Encryptable', 'string'],
    ['{ type: array, items: { type: string, x-encrypted: rsa } }', 'Encryptable[]', 'string[]'],
    ['{ type: string, x-encrypted: aes-256-gcm }', 'string', 'string'],
    ['{ type: integer, enum: [1, 2] }', '1 | 2', '1 | 2 | (number & {})'],
    ['{ type: integer }', 'number', 'number'],
    ['{ type: integer, format: uint64 }', 'number | bigint', 'number | bigint'],
    ['{ type: boolean }', 'boolean', 'boolean'],
    ['{ type: array, items: { type: string } }', 'string[]', 'string[]'],
    ['{ type: object }', '{ [key: string]: unknown }', '{ [key: string]: unknown }'],
    ['{ type: [string, "null"] }', 'string | null', 'string | null'],
    [
      '{ type: string, contentMediaType: application/json, contentSchema: { type: array, items: { type: integer } } }',
      'number[] | string',
      'number[] | string',
    ],
  ])('of APIv3: %s', (schema, request, answer) => {
    const types = echo(`{ type: object, properties: { f: ${schema} } }`)
    expect([field(types, 'V3APostRequest'), field(types, 'V3APostResponse')]).toEqual([request, answer])
  })

  it.each([
    ['{ type: string, enum: [A] }', "'A'", "Open<'A'>"],
    ['{ type: integer, enum: [1, 2] }', "1 | 2 | '1' | '2'", "'1' | '2' | Other"],
    ['{ type: string, x-encrypted: rsa-bank }', 'Encryptable', 'string'],
    [
      '{ type: string, contentMediaType: application/x-www-form-urlencoded, contentSchema: { type: array, items: { type: integer } } }',
      'Array<number | bigint> | string',
      'string[] | string',
    ],
    [
      '{ type: string, contentMediaType: text/xml, contentSchema: { type: array, items: { type: integer } } }',
      'Array<number | bigint> | string',
      'string[] | string',
    ],
    ['{ type: integer }', 'number | bigint', 'string'],
    ['{ type: integer, format: uint64 }', 'number | bigint', 'string'],
    [
      '{ type: string, contentMediaType: application/json, contentSchema: { type: array, items: { type: integer } } }',
      'number[] | string',
      'number[] | string',
    ],
  ])('of APIv2: %s', (schema, request, answer) => {
    const types = echo(`{ type: object, properties: { f: ${schema} } }`, 'v2')
    expect([field(types, 'V2APostRequest'), field(types, 'V2APostResponse')]).toEqual([request, answer])
  })

  it('have their official name, are required or not, and need no name that TypeScript knows', () => {
    const types = echo(
      '{ type: object, required: [a], properties: { a: { type: string, description: 名 */ }, b-c: {} } }',
    )
    expect(declaration(types, 'V3APostRequest')).toBe(
      "interface V3APostRequest {\n  /** 名 *\u200b/ */\n  a: string\n  'b-c'?: unknown\n}",
    )
  })

  it('numbered ones are template literal keys', () => {
    const types = echo(String.raw`{ type: object, patternProperties: { '^id_\d+_\d+$': { type: integer } } }`, 'v2')
    expect(declaration(types, 'V2APostResponse')).toContain('[key: `id_${' + 'number}_${' + 'number}`]: string')
  })

  it('of an APIv2 request: the client fills sign_type', () => {
    const types = echo('{ type: object, required: [a, sign_type], properties: { a: {}, sign_type: {} } }', 'v2')
    expect(declaration(types, 'V2APostRequest')).toContain('sign_type?:')
    expect(declaration(types, 'V2APostResponse')).toContain('sign_type:')
  })

  it('of an APIv2 request: sign_type, even where a shared shape requires it', () => {
    const types = typesOf(
      `paths:
  /a: { post: { requestBody: { required: true, content: { text/xml: { schema: { $ref: '#/components/schemas/S' } } } }, ${OK} } }
  /b: { post: { requestBody: { required: true, content: { text/xml: { schema: { $ref: '#/components/schemas/T' } } } }, ${OK} } }
components:
  schemas:
    S: { type: object, required: [a, sign_type], properties: { a: {}, sign_type: {} } }
    T: { type: object, required: [a], properties: { a: {}, sign_type: {} } }
`,
      'v2/test.yaml',
    )
    expect(declaration(types, 'V2APostRequest')).toBe(
      'interface V2APostRequest {\n  a: unknown\n  sign_type?: unknown\n}',
    )
    expect(declaration(types, 'V2BPostRequest')).toBe('type V2BPostRequest = V2TestT')
  })

  it('of an APIv2 answer in JSON are typed as JSON', () => {
    const types = typesOf(
      `paths:
  /a: { post: { responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { f: { type: integer } } } } } } } } }
`,
      'v2/test.yaml',
    )
    expect(field(types, 'V2APostResponse')).toBe('number')
  })
})

describe('shared shapes', () => {
  const shared = (schema: string): string =>
    `${endpoint('$ref: "#/components/schemas/Thing"')}components: { schemas: { Thing: ${schema}, Part: { type: string, enum: [A] } } }\n`
  const endpoint = (schema: string): string => `paths:
  /v3/a:
    post:
      requestBody: { required: true, content: { application/json: { schema: { ${schema} } } } }
      responses: { '200': { description: ok, content: { application/json: { schema: { ${schema} } } } } }
`

  it('are one interface when request and answer agree', () => {
    const types = typesOf(shared('{ type: object, properties: { a: { type: string } } }'))
    expect(declaration(types, 'V3TestThing')).toContain('a?: string')
    expect(types).not.toContain('V3TestThingAnswer')
    expect(declaration(types, 'V3APostResponse')).toBe('type V3APostResponse = V3TestThing')
  })

  it('are two when they differ, however deep', () => {
    const types = typesOf(shared('{ type: object, properties: { a: { $ref: "#/components/schemas/Part" } } }'))
    expect(declaration(types, 'V3TestThing')).toContain('a?: V3TestPart\n')
    expect(declaration(types, 'V3TestThingAnswer')).toContain('a?: V3TestPartAnswer\n')
    expect(declaration(types, 'V3APostResponse')).toBe('type V3APostResponse = V3TestThingAnswer')
  })

  it('are extended', () => {
    const schema = 'allOf: [{ $ref: "#/components/schemas/Thing" }, { type: object, properties: { b: {} } }]'
    const types = typesOf(`${endpoint(schema)}components: { schemas: { Thing: { type: object } } }\n`)
    expect(declaration(types, 'V3APostRequest')).toBe(
      'interface V3APostRequest extends V3TestThing {\n  b?: unknown\n}',
    )
  })

  it('may hold themselves', () => {
    const types = typesOf(shared('{ type: object, properties: { a: { $ref: "#/components/schemas/Thing" } } }'))
    expect(declaration(types, 'V3TestThing')).toContain('a?: V3TestThing\n')
  })

  it('come from another file, and from common without its name', () => {
    const types = outputs({
      'v3/common.yaml': 'info: { title: C }\ncomponents: { schemas: { Amount: { type: object } } }\n',
      'v3/pay.yaml': `info: { title: P }\n${endpoint('$ref: ./common.yaml#/components/schemas/Amount')}`,
    })['types.ts']!
    expect(declaration(types, 'V3APostRequest')).toBe('type V3APostRequest = V3Amount')
  })
})

describe('calls', () => {
  const ID = '{ name: id, in: path, required: true, schema: { type: string } }'
  const query = (required: boolean): string =>
    `{ name: q, in: query, required: ${required}, description: 问, schema: { type: string } }`
  const header = (required: boolean, name: string): string =>
    `{ name: ${name}, in: header, required: ${required}, description: 头, schema: { type: string } }`
  const content = (media: string): string => `responses: { '200': { description: ok, content: { ${media} } } }`
  const BODY = 'content: { application/json: { schema: { type: object } } }'
  const call = (path: string, operation: string, method = 'post'): string => {
    const types = typesOf(`paths:\n  /v3${path}:\n    ${method}: { ${operation} }\n`)
    return new RegExp(`^ +${method}: (.*)`, 'm').exec(types)?.[1] ?? types
  }

  it.each([
    ['get', '/a', OK, 'Ask<undefined>'],
    ['get', '/a', `parameters: [${query(false)}], ${OK}`, 'Ask<undefined, V3AGetQuery>'],
    ['get', '/a', `parameters: [${query(true)}], ${OK}`, 'AskWith<undefined, V3AGetQuery>'],
    ['delete', '/a/{id}', `parameters: [${ID}], ${OK}`, "AskAt<'id', undefined>"],
    [
      'delete',
      '/a',
      `requestBody: { required: true, ${BODY} }, ${OK}`,
      'AskWith<undefined, unknown, { body: V3ADeleteRequest }>',
    ],
    ['post', '/a', OK, 'SendAny<undefined, undefined>'],
    ['post', '/a/{id}', `parameters: [${ID}], ${OK}`, "SendAt<'id', undefined, undefined>"],
    ['put', '/a', `requestBody: { required: true, ${BODY} }, ${OK}`, 'Send<V3APutRequest, undefined>'],
    ['patch', '/a', `requestBody: { ${BODY} }, ${OK}`, 'SendAny<V3APatchRequest, undefined>'],
    [
      'get',
      '/a',
      `parameters: [${header(true, 'Key')}], ${OK}`,
      'AskWith<undefined, unknown, { headers: { /** 头 */ Key: string; [name: string]: string } }>',
    ],
    [
      'get',
      '/a',
      `parameters: [${header(false, 'A-B')}], ${OK}`,
      "Ask<undefined, unknown, { headers?: { /** 头 */ 'A-B'?: string } }>",
    ],
    ['get', '/a', content('application/octet-stream: {}'), 'Ask<ReadableStream<Uint8Array>>'],
    [
      'get',
      '/a',
      content('text/plain: { schema: { type: string } }, text/xml: { schema: { type: object } }'),
      'Ask<ReadableStream<Uint8Array>>',
    ],
  ])('%s %s { %s }', (method, path, operation, signature) => {
    expect(call(path, operation, method)).toBe(signature)
  })

  it('a redirect has a URL, too', () => {
    const types = typesOf(`paths:\n  /v3/a:\n    get: { responses: { '302': { description: go } } }\n`)
    expect(types).toContain('  get: Ask<string>\n')
    expect(types).toContain('  url: (options?: Options<unknown>) => Promise<string>\n')
  })

  it('say what they are, where it is written, and since when they are gone', () => {
    const types = typesOf(
      `paths:\n  /v3/a:\n    get: { summary: 名, externalDocs: { url: https://x.y }, deprecated: true, x-retired: 2021-11-10, ${OK} }\n`,
    )
    expect(types).toContain(
      '  /**\n   * [名](https://x.y)\n   * @deprecated 服务已于 2021-11-10 下线\n   */\n  get: Ask',
    )
  })

  it('an upload takes a file, and what the client cannot compute', () => {
    const meta = (fields: string, required: string): string =>
      `requestBody: { required: true, content: { multipart/form-data: { schema: { type: object, required: [meta, file], properties: { meta: { type: object, required: [${required}], properties: { ${fields} } }, file: { type: string, format: binary } } } } } }`
    const of = (body: string): string =>
      declaration(typesOf(`paths:\n  /v3/a:\n    post: { ${body}, ${OK} }\n`), 'V3APostRequest')
    expect(of(meta('sha256: {}, filename: {}', 'sha256, filename'))).toBe(
      'interface V3APostRequest {\n  meta?: {\n    sha256?: unknown\n    filename?: unknown\n  }\n  file: Blob | Uint8Array\n}',
    )
    expect(of(meta('sha256: {}, item_id: {}', 'sha256, item_id'))).toBe(
      'interface V3APostRequest {\n  meta: {\n    sha256?: unknown\n    item_id: unknown\n  }\n  file: Blob | Uint8Array\n}',
    )
  })
})

describe('the tree', () => {
  const types = typesOf(`paths:
  /v3/pre-order/{the_id}:
    get: { parameters: [{ name: the_id, in: path, required: true }], ${OK} }
  /v3/sub_mch/fooBar:
    delete: { ${OK} }
  /v3/sub_mch/fooBar/delete:
    post: { ${OK} }
`)

  it('writes kebab-case as camelCase, and leaves the rest', () => {
    expect(declaration(types, 'V3')).toMatch(/^ {2}preOrder: Placeholder<'the_id', \{$/m)
    expect(declaration(types, 'V3')).toMatch(/^ {2}sub_mch: V3Sub_mchNode$/m)
    expect(declaration(types, 'V3Sub_mchNode')).toMatch(/^ {2}fooBar: \{$/m)
  })

  it('spells a placeholder in three ways', () => {
    expect(types).toContain('type Placeholder<Name extends string, Node> = { [Spelling in `_$')
  })

  it('has all paths, in all spellings', () => {
    expect([...declaration(types, 'PathName').matchAll(/'(.*)'/g)].map(([, path]) => path)).toEqual([
      'v3/pre-order/_the_id_',
      'v3/pre-order/$the_id$',
      'v3/pre-order/{the_id}',
      'v3/sub_mch/fooBar',
      'v3/sub_mch/fooBar/delete',
    ])
  })

  it('lets `delete` be a verb and a segment at once', () => {
    expect(declaration(types, 'V3Sub_mchNode')).toMatch(
      /delete: Ask<undefined> & \{\n +\/\*\* v3SubMchFooBarDeletePost \*\/\n +post: SendAny<undefined, undefined>\n/,
    )
  })
})
