import { expect, it } from 'vitest'
import { outputs } from '../../scripts/generate/outputs.ts'

const OK = `responses: { '204': { description: ok } }`

/** The lines of a table of `traits.ts` for one file. */
function table(name: 'traits' | 'segments', paths: string, file: string): string[] {
  const text = outputs({ [file]: `info: { title: Test, version: v3 }\npaths:\n${paths}` })['traits.ts']!
  const [, body = ''] = new RegExp(`const ${name}: [\\s\\S]*?\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text) ?? []
  return body.split('\n').flatMap(line => (line === '' ? [] : [line.trim().replace(/,$/, '')]))
}
const v3 = (operation: string, path = '/v3/a', method = 'post'): string[] =>
  table('traits', `  ${path}:\n    ${method}: { ${operation} }\n`, 'v3/test.yaml')
const v2 = (operation: string): string[] => table('traits', `  /a:\n    post: { ${operation} }\n`, 'v2/test.yaml')

const json = (schema: string): string => `content: { application/json: { schema: ${schema} } }`
const xml = (fields: string): string => `content: { text/xml: { schema: { type: object, properties: { ${fields} } } } }`
const SEALED = '{ type: string, x-encrypted: rsa }'

it('what is plain has none', () => {
  expect(v3(OK)).toEqual([])
})

it('sealed fields of bodies, in objects, lists and JSON inside strings', () => {
  const fields = [
    `a: ${SEALED}`,
    `b: { type: array, items: { type: object, properties: { c: ${SEALED} } } }`,
    `d: { type: string, contentMediaType: application/json, contentSchema: { properties: { e: ${SEALED} } } }`,
    'f: { type: string, x-encrypted: aes-256-gcm }',
  ]
  const body = json(`{ type: object, properties: { ${fields.join(', ')} } }`)
  expect(v3(`requestBody: { ${body} }, ${OK}`)).toEqual(["'POST /v3/a': { seal: ['a', 'b.c', 'd.e'] }"])
})

it('sealed fields of a list of sealed texts', () => {
  const body = json(`{ type: object, properties: { f: { type: array, items: ${SEALED} } } }`)
  expect(v3(`requestBody: { ${body} }, ${OK}`)).toEqual(["'POST /v3/a': { seal: ['f'] }"])
})

it('sealed query parameters', () => {
  const parameters = `[{ name: a, in: query, schema: ${SEALED} }, { name: b, in: query, schema: { type: string } }]`
  expect(v3(`parameters: ${parameters}, ${OK}`)).toEqual(["'POST /v3/a': { sealQuery: ['a'] }"])
})

it('what an answer seals, and what holds JSON', () => {
  const answer = json(
    `{ type: object, properties: { a: ${SEALED}, b: { type: string, contentMediaType: application/json } } }`,
  )
  expect(v3(`responses: { '200': { description: ok, ${answer} } }`)).toEqual([
    "'POST /v3/a': { open: ['a'], json: ['b'] }",
  ])
})

it('the access point, with its prefix and a slash at the end', () => {
  const of = (servers: string): string[] => v3(`servers: [${servers}], ${OK}`)
  expect(of('{ url: https://api.mch.weixin.qq.com/hk }')).toEqual([
    "'POST /v3/a': { base: 'https://api.mch.weixin.qq.com/hk/' }",
  ])
  expect(of('{ url: https://api.mch.weixin.qq.com/ }, { url: https://apihk.mch.weixin.qq.com/ }')).toEqual([])
})

it('flags', () => {
  expect(v3(`x-mtls: true, x-nonceless: true, x-unsigned: true, ${OK}`)).toEqual([
    "'POST /v3/a': { mtls: true, nonceless: true, unsigned: true }",
  ])
})

it('the sign type: the better one that the definition admits', () => {
  const answer = `responses: { '200': { description: ok, ${xml('sign: {}')} } }`
  const of = (enums: string): string[] =>
    v2(`requestBody: { ${xml(`sign_type: { type: string ${enums} }`)} }, ${answer}`)
  expect(of(', enum: [MD5, HMAC-SHA256]')).toEqual(["'POST /a': { signType: 'HMAC-SHA256' }"])
  expect(of('')).toEqual(["'POST /a': { signType: 'HMAC-SHA256' }"])
  expect(of(', enum: [MD5]')).toEqual(["'POST /a': { signType: 'MD5' }"])
})

it('an APIv2 answer without a sign is not signed', () => {
  expect(v2(`responses: { '200': { description: ok, ${xml('return_code: {}')} } }`)).toEqual([
    "'POST /a': { unsigned: true }",
  ])
})

it('answers that are not the API’s own format', () => {
  const file = `responses: { '200': { description: ok, content: { text/plain: {} } } }`
  expect(v3(file, '/v3/a', 'get')).toEqual(["'GET /v3/a': { answer: 'file' }"])
  expect(v3(`responses: { '302': { description: go } }`, '/v3/a', 'get')).toEqual([
    "'GET /v3/a': { answer: 'redirect' }",
  ])
})

it('placeholders lose their names', () => {
  const parameters = '[{ name: a, in: path, required: true }, { name: b, in: path, required: true }]'
  expect(v3(`x-mtls: true, parameters: ${parameters}, ${OK}`, '/v3/{a}/x/{b}')).toEqual([
    "'POST /v3/{}/x/{}': { mtls: true }",
  ])
})

it('segments that the chain’s rule does not lead back to', () => {
  const paths = ['/a-b', '/addThing', '/c_d', '/e-2f', '/v2-x']
    .map(path => `  /v3${path}:\n    get: { ${OK} }\n`)
    .join('')
  expect(table('segments', paths, 'v3/test.yaml')).toEqual(["addThing: 'addThing'", "e2f: 'e-2f'"])
})
