import { describe, expect, it } from 'vitest'
import { outputs } from '../../scripts/generate/outputs.ts'
import { DefinitionError } from '../../scripts/generate/source.ts'

const HEAD = 'info: { title: Test, version: v3 }\npaths:\n'
const PLAIN = 'responses: { "204": { description: ok } }'

/** Returns the problems that the generator finds in definitions, a line each. */
function problemsOf(definitions: Record<string, string>): readonly string[] {
  try {
    outputs(definitions)
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems
    throw error
  }
  return []
}

const ofOne = (body: string): readonly string[] => problemsOf({ 'v3/one.yaml': HEAD + body })

describe('errors name file and line', () => {
  it.each([
    [
      'a reference to nothing',
      `  /v3/a:\n    get:\n      responses: { default: { $ref: "#/components/responses/No" } }\n`,
      'v3/one.yaml:5: $ref #/components/responses/No has no target',
    ],
    [
      'a reference to a file that is not there',
      `  /v3/a:\n    get:\n      responses:\n        default: { $ref: ./no.yaml#/components/responses/Error }\n`,
      'v3/one.yaml:6: $ref ./no.yaml#/components/responses/Error has no target',
    ],
    [
      'an unknown extension',
      `  /v3/a:\n    get:\n      x-mlts: true\n      ${PLAIN}\n`,
      'v3/one.yaml:5: unknown extension x-mlts',
    ],
    [
      'a value that an extension does not take',
      `  /v3/a:\n    get:\n      x-mtls: yes please\n      ${PLAIN}\n`,
      'v3/one.yaml:5: x-mtls cannot be "yes please"',
    ],
    [
      'an extension that is no more',
      `  /v3/a:\n    get:\n      parameters:\n        - { name: q, in: query, schema: { type: string, x-encrypted: rsa-pkcs1 } }\n      ${PLAIN}\n`,
      'v3/one.yaml:6: x-encrypted cannot be "rsa-pkcs1"',
    ],
    [
      'a string that holds nobody knows what',
      `  /v3/a:\n    get:\n      parameters:\n        - { name: q, in: query, schema: { type: string, contentSchema: { type: object } } }\n      ${PLAIN}\n`,
      'v3/one.yaml:6: contentSchema of unknown contentMediaType undefined',
    ],
    [
      'more than two access points',
      `  /v3/a:\n    get:\n      servers: [{ url: https://a.b }, { url: https://c.d }, { url: https://e.f }]\n      ${PLAIN}\n`,
      'v3/one.yaml:4: GET /v3/a has 3 access points; only two are possible',
    ],
    [
      'an access point in the clear',
      `  /v3/a:\n    get:\n      servers: [{ url: http://a.b }]\n      ${PLAIN}\n`,
      'v3/one.yaml:4: http://a.b is not the URL of an access point',
    ],
    ['an unknown method', `  /v3/a:\n    fetch:\n      ${PLAIN}\n`, 'v3/one.yaml:4: unknown method fetch of /v3/a'],
    [
      'a placeholder that is no parameter',
      `  /v3/a/{id}:\n    get:\n      ${PLAIN}\n`,
      'v3/one.yaml:4: {id} of /v3/a/{id} is not declared as a parameter',
    ],
    [
      'a path parameter that is no placeholder',
      `  /v3/a:\n    get:\n      parameters: [{ name: id, in: path, required: true }]\n      ${PLAIN}\n`,
      'v3/one.yaml:4: path parameter id does not occur in /v3/a',
    ],
    [
      'two operations of one operationId',
      `  /v3/a/b-c:\n    get:\n      ${PLAIN}\n  /v3/a/b_c:\n    get:\n      ${PLAIN}\n`,
      'v3/one.yaml:7: operationId v3ABCGet of GET /v3/a/b_c is already used by GET /v3/a/b-c',
    ],
    ['YAML that is none', `  /v3/a: { get: [\n`, expect.stringMatching(/^v3\/one\.yaml:\d+: /)],
    [
      'a key twice',
      `  /v3/a:\n    get: { ${PLAIN} }\n    get: { ${PLAIN} }\n`,
      expect.stringMatching(/^v3\/one\.yaml:5: .*unique/),
    ],
  ])('%s', (_, body, problem) => {
    expect(ofOne(body)).toContainEqual(problem)
  })

  it.each([
    ['no body', 'post: { responses: {} }', 'v3/one.yaml:5: webhook A.B has no requestBody with a schema'],
    ['no post', 'get: { responses: {} }', 'v3/one.yaml:5: a webhook is a post, but A.B has get'],
    [
      'nothing encrypted',
      'post: { requestBody: { content: { application/json: { schema: { type: object } } } } }',
      'v3/one.yaml:5: webhook A.B has no encrypted field with a contentSchema',
    ],
    [
      'the event of another',
      'post: { requestBody: { content: { application/json: { schema: { properties: { event_type: { enum: [C] } } } } } } }',
      'v3/one.yaml:5: webhook A.B has the event_type C',
    ],
    [
      'a reference to nothing',
      'post: { requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/No" } } } } }',
      'v3/one.yaml:5: $ref #/components/schemas/No has no target',
    ],
  ])('a notification with %s', (_, operation, problem) => {
    const text = `info: { title: Test }\n\nwebhooks:\n  A.B:\n    ${operation}\n`
    expect(problemsOf({ 'v3/one.yaml': text })).toContainEqual(problem)
  })

  it('a notification in two files; but each API has its own', () => {
    const encrypted = 'a: { x-encrypted: aes-256-gcm, contentMediaType: application/json, contentSchema: {} }'
    const body = `requestBody: { content: { application/json: { schema: { properties: { ${encrypted} } } } } }`
    const text = `info: { title: T }\nwebhooks:\n  A.B:\n    post: { ${body}, ${PLAIN} }\n`
    expect(problemsOf({ 'v3/one.yaml': text, 'v3/two.yaml': text })).toEqual([
      'v3/two.yaml:3: webhook A.B is already defined',
    ])
    expect(problemsOf({ 'v2/one.yaml': text, 'v3/two.yaml': text })).toEqual([])
  })

  it('an endpoint in two files', () => {
    const text = `${HEAD}  /v3/a:\n    get:\n      ${PLAIN}\n`
    expect(problemsOf({ 'v3/one.yaml': text, 'v3/two.yaml': text })).toEqual([
      'v3/two.yaml:4: GET /v3/a is already defined',
    ])
  })

  it('a component name in two files', () => {
    const shape = (name: string): string =>
      `info: { title: T }\ncomponents:\n  schemas:\n    ${name}: { type: object }\n`
    expect(problemsOf({ 'v3/common.yaml': shape('PayAmount'), 'v3/pay.yaml': shape('Amount') })).toEqual([
      'v3/pay.yaml:4: there is already a component V3PayAmount',
    ])
  })

  it('a file without a title, or in no API', () => {
    expect(problemsOf({ 'v4/one.yaml': 'openapi: 3.1.0\n' })).toEqual([
      'v4/one.yaml:1: is in none of the folders v2, v3, brand',
      'v4/one.yaml:1: has no info.title',
    ])
  })

  it('all of them at once', () => {
    expect(ofOne(`  /v3/a/{b}:\n    get:\n      x-no: 1\n      ${PLAIN}\n`)).toHaveLength(2)
  })
})

describe('what the rule of the chain cannot tell apart', () => {
  it('two segments with one spelling', () => {
    const body = `  /v3/fooBar:\n    get: { ${PLAIN} }\n  /v3/foo-bar/x:\n    get: { ${PLAIN} }\n`
    expect(ofOne(body)).toEqual(['a chain would write both fooBar and foo-bar as fooBar'])
  })

  it('two paths that differ in a placeholder’s name alone, with unlike traits', () => {
    const operation = (name: string, extra: string): string =>
      `  /v3/{${name}}:\n    get: { parameters: [{ name: ${name}, in: path, required: true }], ${extra} ${PLAIN} }\n`
    expect(ofOne(operation('a', '') + operation('b', 'x-mtls: true,'))).toEqual([
      'two definitions of GET /v3/{} differ in their traits',
    ])
    expect(ofOne(operation('a', '') + operation('b', ''))).toEqual([])
  })
})
