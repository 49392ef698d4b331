import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { contradictionsOf, verdictOn } from '../../scripts/compare-facts/contradiction.ts'
import { definitionNodes } from '../../scripts/compare-facts/definitions.ts'
import {
  type Certainty,
  type Explanation,
  type Saying,
  type Statement,
  toExplanation,
  toStatement,
} from '../../scripts/compare-facts/statement.ts'
import type { Document } from '../../scripts/generate/openapi.ts'

const json = (schema: unknown) => ({ content: { 'application/json': { schema } } })

/** One endpoint, `v3 POST /v3/a/{id}`, whose body and answer have the same members. */
function definitions(properties: Record<string, unknown>, required: string[] = [], operation: object = {}) {
  const message = json({ type: 'object', required, properties })
  const parameters = [
    { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    { name: 'page', in: 'query', schema: { type: 'integer' } },
  ]
  const post = { summary: '名', 'x-api': 'v3', parameters, requestBody: message, responses: { '200': message } }
  const webhook = { post: { summary: '通知', requestBody: message, responses: {} } }
  return definitionNodes({
    paths: { '/v3/a/{id}': { post: { ...post, ...operation } } },
    webhooks: { 'A.B': webhook },
  } as unknown as Document)
}

const statement = (says: Saying | null, at?: string, of = 'v3 POST /v3/a/{id}'): Statement => ({
  of,
  ...(at !== undefined && { at }),
  says,
  certainty: 'official',
  sources: ['a page'],
})

/** The facets that are contradicted, by place. */
const contradicted = (nodes: ReturnType<typeof definitions>, ...statements: Statement[]): string[] =>
  contradictionsOf(statements, nodes).map(({ at, facet }) => (at ? `${at} ${facet}` : facet))

describe('a statement contradicts a definition', () => {
  const text = { type: 'string' }
  it.each<[what: string, says: Saying | null, schema: object | undefined]>([
    ['that has another type', { type: 'integer' }, text],
    ['that has one value for a list', { type: 'string[]' }, text],
    ['that leaves out what is required', { required: true }, text],
    ['whose values are others', { enum: ['A', 'B'] }, { ...text, enum: ['A'] }],
    ['that has values more', { enum: ['A'] }, { ...text, enum: ['A', 'B'] }],
    ['that admits any value', { enum: ['A'] }, text],
    ['that admits some values of any', { enum: null }, { ...text, enum: ['A'] }],
    ['that lacks a value', { includes: ['A'] }, { ...text, enum: ['B'] }],
    ['that is in the clear', { encrypted: 'rsa' }, text],
    ['that is encrypted', { encrypted: null }, { ...text, 'x-encrypted': 'rsa' }],
    ['of another length', { maxLength: 32 }, { ...text, maxLength: 20 }],
    ['of another format', { format: 'date' }, { ...text, format: 'date-time' }],
    ['that is not there', {}, undefined],
    ['that is there', null, text],
  ])('%s', (_, says, schema) => {
    const [facet] = says && schema ? Object.keys(says) : ['exists']
    const nodes = definitions(schema ? { f: schema } : {})
    expect(contradicted(nodes, statement(says, 'body.f'))).toEqual([`body.f ${facet}`])
  })

  it('that requires what is optional', () => {
    expect(contradicted(definitions({ f: text }, ['f']), statement({ required: false }, 'body.f'))).toEqual([
      'body.f required',
    ])
  })

  it('of an endpoint, of its query, of a notification', () => {
    const nodes = definitions({ f: text }, [], { 'x-nonceless': true })
    const wrong = [
      statement({ nonceless: false, answer: 'empty', mtls: true }),
      statement({ type: 'string' }, 'query.page'),
      statement({ type: 'integer' }, 'body.f', 'v3 A.B'),
      statement({}, undefined, 'v3 GET /v3/a/{id}'),
      statement(null),
    ]
    expect(contradicted(nodes, ...wrong)).toEqual([
      'nonceless',
      'answer',
      'mtls',
      'query.page type',
      'body.f type',
      'exists',
      'exists',
    ])
  })

  it('deep in an object, a list, a text of JSON', () => {
    const object = { type: 'object', required: ['g'], properties: { g: text } }
    const nodes = definitions({
      o: object,
      l: { type: 'array', items: object },
      j: { ...text, contentMediaType: 'application/json', contentSchema: object },
    })
    const says: Saying = { fields: [{ name: 'g', type: 'string', required: false }] }
    const all = ['o', 'l', 'j'].map(name => statement(says, `answer.${name}`))
    expect(contradicted(nodes, ...all)).toEqual(['answer.o.g required', 'answer.l.g required', 'answer.j.g required'])
  })
})

describe('it agrees with a definition', () => {
  const nodes = definitions({ n: { type: 'integer' }, e: { type: 'string', enum: ['A', 'B'] } }, ['n'])
  it.each<[string, Saying, string]>([
    ['that has an integer for a number', { type: 'number', required: true }, 'body.n'],
    ['whose values stand in another order', { enum: ['B', 'A'] }, 'body.e'],
    ['that has values more than some', { includes: ['B'] }, 'body.e'],
    ['that says nothing of the length or the format', { maxLength: 3, format: 'date' }, 'body.e'],
    ['that has members more', { fields: [{ name: 'e', type: 'string' }] }, 'body'],
  ])('%s', (_, says, at) => {
    expect(contradicted(nodes, statement(says, at))).toEqual([])
  })

  it('that names a placeholder otherwise, or writes no slash at the end', () => {
    expect(contradicted(nodes, statement({ type: 'integer' }, 'body.n', 'v3 POST /v3/a/{other_id}/'))).toEqual([])
  })
})

it.each<[string, object, string]>([
  ['no source', { sources: [] }, 't:1 has a wrong "sources"; write a list of texts, not empty'],
  ['no certainty', { certainty: undefined }, 't:1 has a wrong "certainty"; write "official" or "two sources" or "one'],
  ['a facet that nobody compares', { says: { requird: true } }, 't:1 has a wrong "says"; write an object with some of'],
  ['a value of another type', { says: { required: 'true' } }, 't:1 has a wrong "says"'],
  ['a field without a type', { says: { fields: [{ name: 'a' }] } }, 't:1 has a wrong "says"'],
  ['a key of its own', { note: 'x' }, 't:1 has an unknown "note"; use of, at, says'],
  ['an endpoint without its API', { of: 'POST /v3/a' }, 't:1 has a wrong "of"; write `v3 POST /v3/…`'],
])('a line of a table with %s is refused, by its number', (_, over, message) => {
  expect(() => toStatement({ ...statement({}), ...over }, 't:1')).toThrow(message)
})

it('an explanation without a reason is refused', () => {
  const row = { of: 'v3 A.B', facet: 'type', because: ' ' }
  expect(() => toExplanation(row, 't:2')).toThrow('t:2 has a wrong "because"; write a text')
  expect(() => toExplanation([], 't:3')).toThrow('t:3 is not a JSON object')
})

describe('of contradictions', () => {
  const nodes = definitions({ f: { type: 'string' } }, ['f'])
  const of = 'v3 POST /v3/a/{id}'
  const says = (certainty: Certainty): Statement => ({ ...statement({ required: false }, 'body.f'), certainty })
  const reason: Explanation = { of, at: 'body.f', facet: 'required', definitions: true, because: 'The page is old.' }
  const counts = (statements: Statement[], ...explanations: Explanation[]) => {
    const { failures, warnings, explained, stale } = verdictOn(contradictionsOf(statements, nodes), explanations)
    return { failures: failures.length, warnings: warnings.length, explained: explained.length, stale: stale.length }
  }
  const none = { failures: 0, warnings: 0, explained: 0, stale: 0 }

  it('those of an official source and of two sources fail, those of one source warn', () => {
    expect(counts([says('official'), says('two sources'), says('one source')])).toEqual({
      ...none,
      failures: 2,
      warnings: 1,
    })
  })

  it('those that have an explanation do not', () => {
    expect(counts([says('official'), says('one source')], reason)).toEqual({ ...none, explained: 2 })
  })

  it.each<[string, Partial<Explanation>]>([
    ['of a place that nobody contradicts', { at: 'body.g' }],
    ['of another facet', { facet: 'type' }],
    ['of what the definitions no longer say', { definitions: false }],
    ['of another endpoint', { of: 'v3 GET /v3/a/{id}' }],
  ])('an explanation %s explains nothing', (_, over) => {
    expect(counts([says('official')], { ...reason, ...over })).toEqual({ ...none, failures: 1, stale: 1 })
  })

  it('an explanation of what is agreed upon by now explains nothing', () => {
    expect(counts([statement({ required: true }, 'body.f')], reason)).toEqual({ ...none, stale: 1 })
  })
})

describe('node scripts/compare-facts.ts, beside the definitions of the project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'statements-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const write = (name: string, ...rows: object[]): string => {
    const file = join(folder, name)
    writeFileSync(file, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
    return file
  }
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/compare-facts.ts', ...args], {
      encoding: 'utf8',
    })
    return { status, text: stdout + stderr }
  }
  const of = 'v3 POST /v3/pay/transactions/jsapi'
  const place = { of, at: 'body.payer.openid' }
  const planted = { ...place, says: { required: false }, certainty: 'official', sources: ['a page'] }

  it('fails on a contradiction that nobody explains, and on a stale explanation', () => {
    const tables = [write('a.jsonl', planted), write('b.jsonl', { ...planted, says: {}, certainty: 'one source' })]
    const explained = write('stale.jsonl', { ...place, facet: 'type', because: 'It was a number.' })
    const { status, text } = run(...tables, '--explained', explained)
    expect([status, text]).toEqual([
      1,
      [
        'Contradictions; correct the definitions, or explain the difference:',
        `  ${of} body.payer.openid: required is false, but true in the definitions (official: a page)`,
        '',
        'Stale explanations; remove or update them:',
        `  ${of} body.payer.openid: type is none in the definitions`,
        '',
        '2 statements: 1 contradiction, 0 explained, 0 warnings, 1 stale explanation',
        '',
      ].join('\n'),
    ])
  })

  it('passes with an explanation, and lists it when it is asked to', () => {
    const explained = write('explained.jsonl', {
      ...place,
      facet: 'required',
      definitions: true,
      because: 'The page is old.',
    })
    const { status, text } = run(write('a.jsonl', planted), '--explained', explained, '--all')
    expect([status, text]).toEqual([0, expect.stringMatching(/^Explained:\n {2}v3 POST /)])
    expect(text).toContain('1 statement: 0 contradictions, 1 explained, 0 warnings, 0 stale explanations\n')
  })

  it('names the line that it cannot read', () => {
    const { status, text } = run(write('bad.jsonl', planted, { ...planted, sources: 'a page' }))
    expect([status, text]).toEqual([1, 'bad.jsonl:2 has a wrong "sources"; write a list of texts, not empty\n'])
  })
})
