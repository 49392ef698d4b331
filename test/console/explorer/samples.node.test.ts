/** The forms and the samples of the explorer, over all endpoints. */
import { expect, test } from 'vitest'
import type { ApiDefinition, DefinedEndpoint } from '../../../src/console/explorer/definition.ts'
import {
  type CallForm,
  convertForm,
  initialForm,
  type KnownValues,
  valueToForm,
} from '../../../src/console/explorer/form-value.ts'
import { curlSample, typescriptSample, wireSample } from '../../../src/console/explorer/samples.ts'
import { chain } from '../../../src/core/client/chain.ts'
import { readApi } from './definition-file.ts'

const APIS = [readApi('v3'), readApi('v2'), readApi('brand')]
const ENDPOINTS = APIS.flatMap(tables => tables.endpoints.map(endpoint => ({ endpoint, tables })))
const KNOWN: KnownValues = { now: Date.UTC(2026, 5, 1), valueOf: name => (name === 'mchid' ? '1900000109' : undefined) }

const native = ENDPOINTS.find(({ endpoint }) => endpoint.name === '/v3/pay/transactions/native')!
const find = (method: string, name: string) =>
  ENDPOINTS.find(({ endpoint }) => endpoint.name === name && endpoint.method === method)!
const formOf = ({ endpoint, tables }: { endpoint: DefinedEndpoint; tables: ApiDefinition }): CallForm =>
  initialForm(endpoint, tables, KNOWN)
const valuesOf = (found: { endpoint: DefinedEndpoint; tables: ApiDefinition }) =>
  convertForm(formOf(found), found.endpoint, found.tables).values

test('the form of every endpoint is filled in with all that is required, but for files', () => {
  const problems = ENDPOINTS.flatMap(({ endpoint, tables }) =>
    convertForm(initialForm(endpoint, tables, KNOWN), endpoint, tables)
      .problems.filter(
        ({ kind, path }) => kind !== 'file' && !(kind === 'required' && isFileField(endpoint, tables, path)),
      )
      .map(({ path, kind }) => `${endpoint.method} ${endpoint.name} ${path}: ${kind}`),
  )
  expect(problems).toEqual([])
})

function isFileField({ body }: DefinedEndpoint, { schemas, fields }: ApiDefinition, path: string): boolean {
  const members = (body && schemas[body.schema]!.fields) ?? []
  return members.some(number => fields[number]!.name === path && schemas[fields[number]!.schema]!.type === 'file')
}

/** Runs the last line of a TypeScript sample, with a client that only says what it is asked for. */
async function runSample(sample: string): Promise<{ api: string; template: string; verb: string; args: unknown[] }> {
  const expression = sample.slice(sample.indexOf('await wxpay.') + 'await '.length)
  const wxpay = Object.fromEntries(
    ['v2', 'v3', 'brand'].map(api => [api, chain([api], async (target, args) => ({ ...target, args }))]),
  )
  return new Function('wxpay', `return ${expression}`)(wxpay)
}

test('the TypeScript sample of every endpoint calls that endpoint, with the values of the form', async () => {
  for (const found of ENDPOINTS) {
    const { endpoint } = found
    const values = valuesOf(found)
    const { api, template, verb, args } = await runSample(typescriptSample(endpoint, values))
    expect([api, template.replace(/\/$/, ''), verb]).toEqual([
      endpoint.api,
      endpoint.path.replace(/\/$/, ''),
      endpoint.method.toLowerCase(),
    ])
    const hasBody = ['POST', 'PUT', 'PATCH'].includes(endpoint.method)
    const options = (hasBody ? args[1] : args[0]) as Record<string, unknown> | undefined
    if (hasBody) expect(args[0]).toEqual(values.body)
    expect(options?.params ?? {}).toEqual(values.query)
    expect(options?.headers ?? {}).toEqual(values.headers)
    expect(options ?? {}).toMatchObject(values.placeholders)
  }
})

const HOSTILE = `it's "quoted" \\ \${x} \u2028 </script> $(reboot) \`id\` 茶/`
test('hostile values stay values in TypeScript', async () => {
  const values = { ...valuesOf(native), body: { description: HOSTILE, "a'b": { c: [1n, true] } } }
  const { args } = await runSample(typescriptSample(native.endpoint, values))
  expect(args[0]).toEqual(values.body)
})

test('a header that a call requires is in every sample', () => {
  for (const action of ['build', 'terminate']) {
    const found = find('POST', `/v3/marketing/partnerships/${action}`)
    const values = { ...valuesOf(found), headers: { 'Idempotency-Key': "it's 1" } }
    expect(typescriptSample(found.endpoint, values)).toContain("headers: {\n    'Idempotency-Key': 'it\\'s 1',")
    expect(curlSample(found.endpoint, values)).toContain(`-H 'Idempotency-Key: it'\\''s 1'`)
    for (const language of ['java', 'php'] as const)
      expect(wireSample(found.endpoint, values, language).request.split('\n')).toContain("Idempotency-Key: it's 1")
  }
})

test('hostile values stay values in a shell', async () => {
  const { execFile } = await import('node:child_process')
  const values = { ...valuesOf(native), body: { description: HOSTILE } }
  const script = `curl() { printf '%s\\0' "$@"; }\nTOKEN=t\n${curlSample(native.endpoint, values)}`
  const output = await new Promise<string>((resolve, reject) =>
    execFile('/bin/sh', ['-c', script], (error, stdout) => (error ? reject(error) : resolve(stdout))),
  )
  const args = output.split('\0')
  expect(args).toContain('Authorization: Bearer t')
  expect(args).toContain('https://gateway.example.com/v3/pay/transactions/native')
  expect(JSON.parse(args[args.indexOf('-d') + 1]!)).toEqual(values.body)
})

test('Java and PHP write the same values as other bytes, each as its library does', () => {
  const values = { ...valuesOf(native), body: { description: '茶/<b>&\u2028', total: 1 } }
  const { signed: java, request } = wireSample(native.endpoint, values, 'java')
  // new GsonBuilder().disableHtmlEscaping()
  expect(java).toBe(
    'POST\n/v3/pay/transactions/native\n1760000000\n593BEC0C930BF1AFEB40B4A08C8FB242\n{"description":"茶/<b>&\\u2028","total":1}\n',
  )
  expect(request.split('\n\n')[1]).toBe(java.split('\n')[4])
  // php -r 'echo json_encode(["description" => "茶/<b>&\u{2028}", "total" => 1]);'
  expect(wireSample(native.endpoint, values, 'php').signed.split('\n')[4]).toBe(
    String.raw`{"description":"\u8336\/<b>&\u2028","total":1}`,
  )
})

test('a query is signed with its parameters, encoded as it is sent', () => {
  const found = find('GET', '/v3/pay/transactions/out-trade-no/{out_trade_no}')
  const values = { placeholders: { out_trade_no: 'A/1' }, query: { mchid: '19 00' }, headers: {}, body: undefined }
  expect(wireSample(found.endpoint, values, 'java').signed.split('\n').slice(0, 2)).toEqual([
    'GET',
    '/v3/pay/transactions/out-trade-no/A%2F1?mchid=19%2000',
  ])
})

test('APIv2 signs sorted fields and the key', () => {
  const found = find('POST', '/v2/pay/orderquery')
  const values = { placeholders: {}, query: {}, headers: {}, body: { mch_id: '1', appid: 'wx', out_trade_no: 'A' } }
  const { signed, request } = wireSample(found.endpoint, values, 'java')
  expect(signed).toBe('appid=wx&mch_id=1&nonce_str=593BEC0C930BF1AFEB40B4A08C8FB242&out_trade_no=A&key=…')
  expect(request).toContain('<out_trade_no>A</out_trade_no>')
})

test('values are converted to their types; those that cannot be are named with their place', () => {
  const form = formOf(native)
  const body = {
    ...(form.body as object),
    amount: { total: '9007199254740993', currency: '' },
    detail: { goods_detail: [{ merchant_goods_id: 'g', quantity: 'two', unit_price: '1' }] },
    settle_info: { profit_sharing: 'maybe' },
    description: '',
  }
  const { values, problems } = convertForm({ ...form, body }, native.endpoint, native.tables)
  expect((values.body as { amount: object }).amount).toEqual({ total: 9007199254740993n })
  expect(problems).toEqual([
    { part: 'body', path: 'description', kind: 'required' },
    { part: 'body', path: 'detail.goods_detail[0].quantity', kind: 'integer' },
    { part: 'body', path: 'settle_info.profit_sharing', kind: 'boolean' },
  ])
})

test('JSON that is changed back to the form keeps its values', () => {
  const form = formOf(native)
  const body = { description: 'tea', amount: { total: 9007199254740993n }, settle_info: { profit_sharing: true } }
  const { values } = convertForm({ ...form, body: valueToForm(body) }, native.endpoint, native.tables)
  expect(values.body).toEqual(body)
})
