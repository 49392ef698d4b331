import { describe, expect, it } from 'vitest'
import { outputs } from '../../scripts/generate/outputs.ts'
import type { DefinitionError } from '../../scripts/generate/source.ts'

interface Parts {
  /** The schema of the file of an upload. */
  readonly file?: string
  /** Members of its part `meta`. */
  readonly meta?: string
  /** Lines of the upload, and of a notification. */
  readonly operation?: string
  readonly notification?: string
}

/** Generates everything from an upload, a download and a notification. */
function generate({ file = '{ format: binary }', meta = '', operation = '', notification = '' }: Parts) {
  const parts = `{ file: ${file}, meta: { type: object, properties: { ${meta} } } }`
  return outputs({
    'v3/a.yaml': `info: { title: T, version: v3 }
paths:
  /v3/a/{id}:
    post:
      ${operation}
      parameters: [{ name: id, in: path, required: true }]
      requestBody: { content: { multipart/form-data: { schema: { type: object, properties: ${parts} } } } }
      responses: { '204': { description: ok } }
  /v3/files/{id}:
    get:
      parameters: [{ name: id, in: path, required: true }]
      responses: { '200': { description: ok, content: { application/octet-stream: { schema: { format: binary } } } } }
webhooks:
  A.B:
    post:
      ${notification}
      requestBody:
        content:
          application/json:
            schema:
              properties:
                event_type: { type: string, enum: [A.B] }
                resource: { type: string, x-encrypted: aes-256-gcm, contentMediaType: application/json, contentSchema: { type: object } }
`,
  })
}
const problemsOf = (parts: Parts): readonly string[] => {
  try {
    generate(parts)
    return []
  } catch (error) {
    return (error as DefinitionError).problems
  }
}
const LIMITED = '{ format: binary, x-max-bytes: 2097152, x-file-kinds: [jpg, png] }'

describe('the tables of uploads', () => {
  const ruleOf = (parts: Parts) => /'v3\/a\/\{id\}': (\{.*\}),/.exec(generate(parts)['upload-rules.ts']!)?.[1]

  it('have the limits of the file, and the length of its name', () => {
    const parts = { file: LIMITED, meta: 'file_name: { type: string, maxLength: 9 }' }
    expect(JSON.parse(ruleOf(parts)!)).toEqual({ maxBytes: 2097152, kinds: ['jpg', 'png'], maxNameLength: 9 })
    expect(generate(parts)['upload-sizes.ts']).toContain("'v3{a{*{2097152}}}'")
    expect(generate(parts)['catalogue.ts']).toContain(
      '"upload":{"part":"file","maxBytes":2097152,"kinds":["jpg","png"]}',
    )
  })

  it('have no limit that no page states', () => {
    expect(ruleOf({})).toBe('{}')
    expect(generate({})['upload-sizes.ts']).toContain("'v3{a{*{0}}}'")
  })

  it('name the algorithm of the digest that the client does not make, and that the type is required', () => {
    const meta =
      'digest_algorithm: { type: string, enum: [X_SM3] }, digest: { type: string }, file_type: { type: string }'
    expect(JSON.parse(ruleOf({ meta })!)).toEqual({ sm3: { digest_algorithm: 'X_SM3' }, hasType: true })
  })

  it('tell the simulator only limits of more than one source', () => {
    const parts = { file: LIMITED.replace(' }', ', x-one-source: [x-max-bytes] }') }
    expect(ruleOf(parts)).toContain('"maxBytes":2097152')
    expect(generate(parts)['catalogue.ts']).toContain('"upload":{"part":"file","kinds":["jpg","png"]}')
  })

  it('are shown by an editor', () => {
    expect(generate({ file: LIMITED })['types.ts']).toContain('/** ≤ 2 MB · jpg/png */')
    expect(generate({ file: LIMITED.replace('2097152', '204800') })['types.ts']).toContain('/** ≤ 200 KB · jpg/png */')
  })
})

it('the paths of downloads, the questions and the rates are generated', () => {
  const generated = generate({ operation: 'x-rate: 150', notification: 'x-question: true' })
  expect(generated['download-paths.ts']).toContain("export type DownloadPath =\n  | 'v3/files/{id}'\n")
  expect(generated['questions.ts']).toContain("export const questions = ['A.B'] as const")
  expect(generated['rates.ts']).toContain("  'POST /v3/a/{id}': 150,\n")
  expect(generated['catalogue.ts']).toMatch(/v3\/A\.B \{.*"question":true/)
  expect(generate({})['questions.ts']).toContain('export const questions = [] as const')
})

it.each<[string, Parts, string]>([
  ['a size that is none', { file: '{ format: binary, x-max-bytes: 0 }' }, 'x-max-bytes cannot be 0'],
  ['a kind that is none', { file: '{ format: binary, x-file-kinds: [exe] }' }, 'x-file-kinds cannot be ["exe"]'],
  ['a size of a text', { meta: 'a: { type: string, x-max-bytes: 1 }' }, 'x-max-bytes is for a file'],
  ['a rate that is none', { operation: 'x-rate: fast' }, 'x-rate cannot be "fast"'],
  ['a rate of a field', { meta: 'a: { type: string, x-rate: 1 }' }, 'x-rate is for an endpoint'],
  ['a question of an endpoint', { operation: 'x-question: true' }, 'x-question is for a notification'],
  ['two files', { meta: '}, }, more: { format: binary, properties: { ' }, 'an upload is a POST with one file'],
])('%s is refused', (_, parts, problem) => {
  expect(problemsOf(parts)).toEqual([expect.stringContaining(problem)])
})
