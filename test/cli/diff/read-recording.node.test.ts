/** Recordings from somebody else: whatever they have, diff reads them or says which line is wrong. */
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { isRecordedExchange } from '../../../src/cli/diff/recorded-exchange.ts'
import { readBoundedFile } from '../../../src/cli/file.ts'
import { HEAD, type RecordedExchange } from '../../../src/cli/record/recording.ts'
import { runCommand } from '../record/test-recorder.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-diff-'))
  return () => rm(folder, { recursive: true })
})

/** A recorded call with every type of value. */
const CALL: RecordedExchange = {
  request: {
    api: 'v3',
    method: 'POST',
    path: '/v3/refund/domestic/refunds',
    isDefined: true,
    parameters: { type: 'object', fields: {} },
    query: { type: 'object', fields: {} },
    body: {
      type: 'object',
      fields: {
        out_trade_no: { type: 'string', length: 11, kind: 'text', ref: 1 },
        amount: { type: 'object', fields: { refund: { type: 'integer' }, total: { type: 'integer' } } },
        goods_detail: {
          type: 'array',
          length: 1,
          items: [{ type: 'object', fields: {}, unnamed: [{ type: 'null' }] }],
        },
      },
      unnamed: [{ type: 'boolean' }],
    },
  },
  response: {
    status: 200,
    code: 'SUCCESS',
    headers: ['request-id'],
    body: {
      type: 'object',
      fields: {
        status: { type: 'string', length: 7, kind: 'text', value: 'SUCCESS' },
        refund_id: { type: 'string', length: 28, kind: 'digits', ref: 2 },
        ratio: { type: 'number', value: 0.5 },
      },
    },
  },
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Returns the path of every value within JSON. */
const pathsOf = (json: Json, path: readonly string[] = []): (readonly string[])[] =>
  typeof json === 'object' && json !== null
    ? [path, ...Object.entries(json).flatMap(([name, value]) => pathsOf(value, [...path, name]))]
    : [path]

const replaceAt = (json: Json, [name, ...rest]: readonly string[], value: Json | undefined): Json | undefined => {
  if (name === undefined) return value
  // A list has no other members than its items.
  if (Array.isArray(json) && !/^\d+$/.test(name)) return json
  const copy = structuredClone(json) as Record<string, Json | undefined>
  copy[name] = replaceAt(copy[name]!, rest, value)
  return copy as Json
}

/** JSON that resembles a part of a recording, or is anything. */
const anyPart: fc.Arbitrary<Json | undefined> = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<Json>,
  fc.constantFrom<Json | undefined>(undefined, null, 5, -1, 0.5, '', 'toString', '__proto__', [], {}, [[]], [null]),
  fc.record({
    type: fc.constantFrom('string', 'integer', 'array', 'object', 'boolean', 'null', 'none', 'cut', 'constructor'),
    fields: fc.constantFrom<Json>({}, [], null, { a: { type: 'null' } }, { ['__proto__']: { type: 'boolean' } }),
    unnamed: fc.constantFrom<Json>(5, [], [5], {}, [{ type: 'null' }]),
    items: fc.constantFrom<Json>(5, [], [5], {}, [{ type: 'null' }]),
    length: fc.constantFrom<Json>(1, -1, '1', null),
    kind: fc.constantFrom<Json>('digits', 'text', 'toString', 1),
  }),
)

/** A recorded call with one to three parts replaced. */
const mutatedCall = fc
  .array(fc.tuple(fc.constantFrom(...pathsOf(CALL as unknown as Json)), anyPart), { minLength: 1, maxLength: 3 })
  .map(mutations =>
    mutations.reduce<Json | undefined>(
      (call, [path, value]) => {
        const parent = atPath(call, path.slice(0, -1))
        return typeof parent === 'object' && parent !== null ? replaceAt(call!, path, value) : call
      },
      CALL as unknown as Json,
    ),
  )
const atPath = (json: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => Object(value)[name], json)

let files = 0
async function writeRecording(...calls: unknown[]): Promise<string> {
  const file = join(folder, `${files++}.jsonl`)
  await writeFile(file, [HEAD, ...calls].map(line => JSON.stringify(line) ?? '').join('\n'))
  return file
}

test('a recorded call is one', () => {
  expect(isRecordedExchange(JSON.parse(JSON.stringify(CALL)))).toBe(true)
})

describe('a mutated recording', () => {
  test('is compared, or refused with its line, and never ends the program', async () => {
    const genuine = await writeRecording(CALL)
    const outcomes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(mutatedCall, async call => {
        const file = await writeRecording(CALL, call)
        for (const argv of [
          [file, genuine],
          [genuine, file],
        ]) {
          // Any error but a CommandError rejects.
          const { errors } = await runCommand('diff', ...argv)
          const isRefused = /line 3 is not a recorded call\. Remove it\.$/.test(errors)
          outcomes.add(isRefused ? 'refused' : 'compared')
          if (!isRefused) expect(errors).toMatch(/^(?:Only in .*|\d+ differences in \d+ endpoints.*|)$/s)
        }
      }),
      { numRuns: 60 },
    )
    expect(outcomes).toEqual(new Set(['refused', 'compared']))
  })

  test('is replayed, or refused with its line', async () => {
    const usable = fc.sample(
      mutatedCall.filter(call => isRecordedExchange(JSON.parse(JSON.stringify(call) ?? 'null'))),
      30,
    )
    const { code, errors } = await runCommand('diff', await writeRecording(CALL, ...usable))
    expect([code, errors]).toEqual([1, expect.stringMatching(/differences in \d+ endpoints/)])
  })
})

const PARTS: readonly (readonly [path: string, value: unknown])[] = [
  ['request.body', { type: 'object', fields: {}, unnamed: 5 }],
  ['request.body', { type: 'object', fields: {}, unnamed: [5] }],
  ['request.body', { type: 'object', fields: [] }],
  ['request.body', { type: 'object' }],
  ['request.body', { type: 'array', length: 1, items: {} }],
  ['request.body', { type: 'array', items: [] }],
  ['request.body', { type: 'string', length: 1, kind: 'toString' }],
  ['request.body', { type: 'string', length: 1, kind: 'text', value: 5 }],
  ['request.body', { type: 'string', length: 1, kind: 'text', ref: '1' }],
  ['request.body', { type: 'integer', value: '5' }],
  ['request.body', { type: 'constructor' }],
  ['request.parameters', { type: 'none' }],
  ['request.query', { type: 'null' }],
  ['request.api', 'v4'],
  ['request.isDefined', 'yes'],
  ['request.method', undefined],
  ['response.code', 5],
  ['response.status', '200'],
  ['response.headers', [5]],
  ['response.body', null],
]
test.each(PARTS)('a call whose %s is %j is refused with its line', async (path, value) => {
  const call = replaceAt(CALL as unknown as Json, path.split('.'), value as Json)
  const { code, errors } = await runCommand('diff', await writeRecording(CALL, call))
  expect([code, errors]).toEqual([1, expect.stringContaining('line 3 is not a recorded call. Remove it.')])
})

test('a call that is nested too deeply is refused with its line', async () => {
  let body: unknown = { type: 'null' }
  for (let level = 0; level < 100; level++) body = { type: 'array', length: 1, items: [body] }
  const { errors } = await runCommand(
    'diff',
    await writeRecording(replaceAt(CALL as unknown as Json, ['response', 'body'], body as Json)),
  )
  expect(errors).toContain('line 2 is not a recorded call')
})

test.skipIf(process.platform === 'win32')('no more is read than the bound, also of a file without an end', async () => {
  expect(await readBoundedFile('/dev/zero', 100_000)).toBeUndefined()
  const file = await writeRecording(CALL)
  const bytes = await readFile(file)
  expect(await readBoundedFile(file, bytes.length)).toEqual(bytes)
  expect(await readBoundedFile(file, bytes.length - 1)).toBeUndefined()
})

test('a recording of more than 256 MB is refused before it is read', async () => {
  const file = await writeRecording(CALL)
  await truncate(file, 256 * 1024 * 1024 + 1)
  const { code, errors } = await runCommand('diff', file)
  expect([code, errors]).toEqual([1, `${file} has more than 256 MB. Record less at once.`])
})

test.each(['{\n  "name": "shop"\n}\n', '{"name":"shop"}\n', 'no JSON\n', ''])(
  'a file of something else is no recording: %j',
  async text => {
    const file = join(folder, `${files++}.json`)
    await writeFile(file, text)
    const { code, errors } = await runCommand('diff', file)
    expect([code, errors]).toEqual([1, `${file} is not a recording. wechatpay-edge record creates one.`])
  },
)

test('a folder, and a file that does not exist, are refused', async () => {
  const { errors } = await runCommand('diff', folder)
  expect(errors).toContain('it is a folder. Give a file')
  expect((await runCommand('diff', join(folder, 'nowhere'))).errors).toContain('does not exist in')
})

test('endpoints that only one of two recordings has are named, whichever it is', async () => {
  const query = replaceAt(CALL as unknown as Json, ['request', 'path'], '/v3/certificates')
  const [fewer, more] = [await writeRecording(CALL), await writeRecording(CALL, query)]
  const line = `Only in ${more}: POST /v3/certificates.`
  expect(await runCommand('diff', more, fewer)).toMatchObject({ code: 0, errors: line })
  expect(await runCommand('diff', fewer, more)).toMatchObject({ code: 0, errors: line })
  const { out } = await runCommand('diff', fewer, more, '--json')
  expect(JSON.parse(out)).toMatchObject({ compared: 1, onlyHere: [], onlyThere: ['POST /v3/certificates'] })
})
