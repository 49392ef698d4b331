import { expect, test } from 'vitest'
import { outputs } from '../../scripts/generate/outputs.ts'
import { RULES } from '../../scripts/generate/settled-by.ts'
import { DefinitionError } from '../../scripts/generate/source.ts'
import { READERS } from '../../src/gateway/sweep/results.ts'

/** Definitions of a call, its query and its notification, in which the cases change a few words. */
const GOOD = `info: { title: Test, version: v3 }
paths:
  /v3/shares:
    post:
      x-settled-by: GET /v3/shares/{out_share_no}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties: { out_share_no: { type: string }, sub_mchid: { type: string }, inner: { type: object, properties: { day: { type: string } } } }
      responses: { "204": { description: ok } }
  /v3/shares/{out_share_no}:
    get:
      x-settles: { kind: v3-share, number: out_share_no, state: state, final: { DONE: SHARE.DONE, FAILED: null }, from: { day: inner.day } }
      parameters:
        - { name: out_share_no, in: path, required: true, schema: { type: string } }
        - { name: sub_mchid, in: query, required: true, schema: { type: string } }
        - { name: day, in: query, required: true, schema: { type: string } }
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties: { out_share_no: { type: string }, state: { type: string }, amount: { type: integer } }
webhooks:
  SHARE.DONE:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties:
                resource:
                  type: object
                  properties:
                    ciphertext:
                      type: string
                      x-encrypted: aes-256-gcm
                      contentMediaType: application/json
                      contentSchema: { type: object, required: [out_share_no, amount], properties: { out_share_no: { type: string }, amount: { type: integer } } }
      responses: { "200": { description: ok } }
`

/** The generated table, or the problems that the generator names. */
function generate(from = '', to = ''): string | readonly string[] {
  expect(GOOD).toContain(from)
  try {
    return outputs({ 'v3/shares.yaml': GOOD.replace(from, to) })['settled-by.ts']!
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems
    throw error
  }
}

test('a good x-settles becomes a row', () => {
  const text = generate()
  expect(text).toContain('"kind": "v3-share"')
  expect(text).toContain('"FAILED": null')
  expect(text).toContain('"day": "inner.day"')
})

const OF = 'x-settles of GET /v3/shares/{out_share_no}: '
test.each([
  [
    'a query that settles nothing by its definition',
    ['x-settled-by: GET /v3/shares/{out_share_no}', 'x-settled-by: GET /v3/none'],
    'POST /v3/shares is settled by GET /v3/none, which has no x-settles',
  ],
  [
    'a query that no call names',
    ['      x-settled-by: GET /v3/shares/{out_share_no}\n', ''],
    'GET /v3/shares/{out_share_no} has x-settles, but no call names it',
  ],
  ['a number that the call lacks', ['number: out_share_no', 'number: day'], `${OF}POST /v3/shares has no day`],
  [
    'a number that the query does not take',
    ['number: out_share_no', 'number: inner'],
    `${OF}the query has no parameter inner`,
  ],
  [
    'a required parameter that the call lacks',
    ['inner.day', 'inner.night'],
    `${OF}POST /v3/shares has no day, which the query requires`,
  ],
  ['a state that the response lacks', ['state: state', 'state: status'], `${OF}the response has no status`],
  [
    'a number that the response lacks',
    ['{ out_share_no: { type: string }, state', '{ state'],
    `${OF}the response has no out_share_no`,
  ],
  [
    'a notification that there is none of',
    ['DONE: SHARE.DONE', 'DONE: SHARE.OVER'],
    `${OF}there is no notification SHARE.OVER`,
  ],
  [
    'a notification that the response has too little for',
    [', amount: { type: integer } }\nwebhooks', ' }\nwebhooks'],
    `${OF}SHARE.DONE requires amount, which the response does not have`,
  ],
  [
    'a rule that the gateway does not have',
    ['state: state, final', 'as: shares, state: state, final'],
    `${OF}there is no rule "shares"`,
  ],
  ['a final state without a state to compare', ['state: state, ', ''], `${OF}it has neither state nor rule`],
])('%s is refused', (_, [from, to], problem) => {
  expect(generate(from, to)).toContain(problem)
})

test('two queries of one kind are refused: a watch would be asked for by either', () => {
  const again = GOOD.slice(GOOD.indexOf('  /v3/shares:'), GOOD.indexOf('webhooks:')).replaceAll(
    '/v3/shares',
    '/v3/other',
  )
  const problems = generate('webhooks:', `${again}webhooks:`)
  expect(problems).toContain(
    'x-settles of GET /v3/other/{out_share_no}: the kind v3-share is already used by GET /v3/shares/{out_share_no}',
  )
})

test('a member that x-settles does not have is refused with its line', () => {
  expect(generate('kind: v3-share', 'knd: v3-share')).toContainEqual(
    expect.stringMatching(/^v3\/shares\.yaml:\d+: x-settles cannot be /),
  )
})

test('x-settles names the rules that the gateway has', () => {
  expect([...RULES].sort()).toEqual(Object.keys(READERS).sort())
})
