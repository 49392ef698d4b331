import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contradictionsOf, verdictOn } from '../../scripts/compare-facts/contradiction.ts'
import { unwitnessedOf } from '../../scripts/compare-facts/coverage.ts'
import { definitionNodes } from '../../scripts/compare-facts/definitions.ts'
import { driftOf, type Outline } from '../../scripts/compare-facts/outline.ts'
import type { Document, Operation, Schema } from '../../scripts/generate/openapi.ts'
import { document } from '../catalogue/catalogue.ts'
import { statements } from './statements.ts'

/** The guard of `npm run facts`: no definition changes by accident. */

const read = (name: string): string[] =>
  readFileSync(new URL(`outline/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter(line => line !== '')

let outlines: Outline[]
let drift: (edit: (document: Document) => void) => string[]
beforeAll(() => {
  outlines = ['requests.jsonl', 'answers.jsonl'].flatMap(name => read(name).map(line => JSON.parse(line) as Outline))
  drift = edit => {
    const edited = structuredClone(document)
    edit(edited)
    return driftOf(outlines, definitionNodes(edited)).map(
      ({ of, at, outline = 'nothing', definitions = 'nothing' }) => `${of} ${at}: ${outline} → ${definitions}`,
    )
  }
})

const operationOf = ({ paths }: Document, method: string, path: string): Operation => paths![path]![method] as Operation

const bodyOf = (edited: Document, path: string): Schema =>
  Object.values(operationOf(edited, 'post', path).requestBody!.content!)[0]!.schema!

const answerOf = (edited: Document, path: string): Schema => {
  const success = operationOf(edited, 'post', path).responses['200'] as { content: Record<string, { schema: Schema }> }
  return Object.values(success.content)[0]!.schema
}

/** The schema that has the member of that name, and whose list says whether it is required. */
function ownerOf(edited: Document, given: Schema, name: string): Schema | undefined {
  const schema = given.$ref ? edited.components!.schemas![given.$ref.split('/').at(-1)!]! : given
  if (schema.properties?.[name]) return schema
  const parts = [...(schema.allOf ?? []), ...(schema.items ? [schema.items] : [])]
  return parts.map(part => ownerOf(edited, part, name)).find(found => found !== undefined)
}

/** Edits the member at a dotted place. */
function edit(edited: Document, root: Schema, at: string, change: (owner: Schema, name: string) => void): void {
  const names = at.split('.')
  const last = names.pop()!
  const holder = names.reduce((schema, name) => ownerOf(edited, schema, name)!.properties![name]!, root)
  change(ownerOf(edited, holder, last)!, last)
}

const set =
  (facets: Partial<Schema>) =>
  ({ properties }: Schema, name: string): void => {
    properties![name] = { ...properties![name]!, ...facets }
  }
const without =
  (facet: keyof Schema) =>
  ({ properties }: Schema, name: string): void => {
    delete properties![name]![facet]
  }
const rename =
  (other: string) =>
  (owner: Schema, name: string): void => {
    const { [name]: field, ...others } = owner.properties!
    owner.properties = { ...others, [other]: field! }
    owner.required = owner.required?.map(one => (one === name ? other : one))
  }
const require = (owner: Schema, name: string): void => {
  owner.required = [...(owner.required ?? []), name]
}
const relax = (owner: Schema, name: string): void => {
  owner.required = owner.required!.filter(one => one !== name)
}

const TRANSFER = '/v3/fund-app/mch-transfer/transfer-bills'
const JSAPI = '/v3/pay/transactions/jsapi'
const REFUND = '/secapi/pay/refund'
type Edit = [what: string, edit: (document: Document) => void, found: string]

describe('an edit of the definitions that its sources do not support is found', () => {
  it('but none where there is no edit', () => {
    expect(drift(() => {})).toEqual([])
  })

  it.each<Edit>([
    [
      'a name in the clear',
      edited => edit(edited, bodyOf(edited, TRANSFER), 'user_name', without('x-encrypted')),
      `v3 POST ${TRANSFER} body.user_name: string rsa → string`,
    ],
    [
      'a refund without client certificate',
      edited => delete operationOf(edited, 'post', REFUND)['x-mtls'],
      `v2 POST ${REFUND} : xml mtls → xml`,
    ],
    [
      'an amount that is text',
      edited => edit(edited, bodyOf(edited, JSAPI), 'amount.total', set({ type: 'string' })),
      `v3 POST ${JSAPI} body.amount.total: integer! → string!`,
    ],
    [
      'a field of a request by another name',
      edited => edit(edited, bodyOf(edited, JSAPI), 'notify_url', rename('notify_uri')),
      `v3 POST ${JSAPI} body.notify_url: string! → nothing`,
    ],
    [
      'a field of a response by another name',
      edited => edit(edited, answerOf(edited, JSAPI), 'prepay_id', rename('prepayid')),
      `v3 POST ${JSAPI} answer.prepay_id: string! → nothing`,
    ],
    [
      'another path',
      ({ paths = {} }) => {
        paths['/v3/refund/domestic/refund'] = paths['/v3/refund/domestic/refunds']!
        delete paths['/v3/refund/domestic/refunds']
      },
      'v3 POST /v3/refund/domestic/refunds : json → nothing',
    ],
    [
      'another method',
      ({ paths = {} }) => {
        const { post, ...others } = paths[JSAPI]! as Record<string, Operation>
        paths[JSAPI] = { ...others, put: post! }
      },
      `v3 POST ${JSAPI} : json → nothing`,
    ],
    [
      'an optional field that is required',
      edited => edit(edited, bodyOf(edited, JSAPI), 'attach', require),
      `v3 POST ${JSAPI} body.attach: string → string!`,
    ],
    [
      'a required field that is optional',
      edited => edit(edited, bodyOf(edited, '/v3/refund/domestic/refunds'), 'out_refund_no', relax),
      'v3 POST /v3/refund/domestic/refunds body.out_refund_no: string! → string',
    ],
    [
      'a field encrypted with another key',
      edited => edit(edited, bodyOf(edited, '/mmpaysptrans/pay_bank'), 'enc_bank_no', set({ 'x-encrypted': 'rsa' })),
      'v2 POST /mmpaysptrans/pay_bank body.enc_bank_no: string! rsa-bank → string! rsa',
    ],
    [
      'a field encrypted that is sent in the clear',
      edited => edit(edited, bodyOf(edited, TRANSFER), 'openid', set({ 'x-encrypted': 'rsa' })),
      `v3 POST ${TRANSFER} body.openid: string! personal → string! rsa personal`,
    ],
    [
      'personal data that logs may show',
      edited => edit(edited, bodyOf(edited, TRANSFER), 'openid', without('x-personal')),
      `v3 POST ${TRANSFER} body.openid: string! personal → string!`,
    ],
    [
      'a client certificate that nobody asks for',
      edited => {
        operationOf(edited, 'post', '/pay/unifiedorder')['x-mtls'] = true
      },
      'v2 POST /pay/unifiedorder : xml → xml mtls',
    ],
    [
      'a list of values where any is right',
      edited => edit(edited, bodyOf(edited, TRANSFER), 'transfer_scene_id', set({ enum: ['1000'] })),
      `v3 POST ${TRANSFER} body.transfer_scene_id: string! → string! =1000`,
    ],
    [
      'a field more',
      edited =>
        edit(edited, bodyOf(edited, TRANSFER), 'openid', ({ properties = {} }) => {
          properties.phone = { type: 'string' }
        }),
      `v3 POST ${TRANSFER} body.phone: nothing → string`,
    ],
  ])('%s', (_, change, found) => {
    expect(drift(change)).toContain(found)
  })
})

describe('an endpoint with money or encrypted fields', () => {
  const listed = read('unwitnessed.txt')

  it('has a statement, or is listed as one that has none', () => {
    expect(unwitnessedOf(document, definitionNodes(document), statements)).toEqual(listed)
  })

  it('loses its last statement only where that is noticed', () => {
    const of = 'v3 POST /v3/credit-repayment/partner/contracts/h5-presign'
    const fewer = statements.filter(statement => statement.of !== of)
    expect(unwitnessedOf(document, definitionNodes(document), fewer)).toContain(of)
    expect(listed).not.toContain(of)
  })

  it('has none in fewer and fewer cases', () => {
    expect(listed.length).toBeLessThanOrEqual(225)
  })
})

it('a name that a source has and the definitions do not is a contradiction', () => {
  const named = statements.filter(({ says }) => says?.has)
  expect(named.length).toBeGreaterThan(400)
  const edited = structuredClone(document)
  edit(edited, bodyOf(edited, JSAPI), 'amount.total', rename('totals'))
  const { failures } = verdictOn(contradictionsOf(named, definitionNodes(edited)), [])
  expect(failures.map(({ of, at }) => `${of} ${at}`)).toContain(`v3 POST ${JSAPI} body.amount.total`)
})

describe('the command', () => {
  const tables = ['official.jsonl', 'one-source.jsonl', 'names.jsonl'].map(name =>
    fileURLToPath(new URL(name, import.meta.url)),
  )
  const folder = mkdtempSync(join(tmpdir(), 'outline-'))
  const run = (...options: string[]) =>
    spawnSync(process.execPath, ['scripts/compare-facts.ts', ...tables, '--guard', folder, ...options], {
      encoding: 'utf8',
    })
  beforeAll(() => {
    cpSync(fileURLToPath(new URL('outline', import.meta.url)), folder, { recursive: true })
    const file = join(folder, 'requests.jsonl')
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('"enc_bank_no":"string! rsa-bank"', '"enc_bank_no":"string!"'),
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('fails at a difference, and writes the outline when it is told to', () => {
    const place = 'v2 POST /mmpaysptrans/pay_bank body.enc_bank_no: string! → string! rsa-bank'
    const { status, stdout } = run()
    expect([status, stdout]).toEqual([1, expect.stringContaining(place)])
    expect(run('--write').stdout).toContain('0 differences from the outline')
    expect(readFileSync(join(folder, 'requests.jsonl'), 'utf8')).toBe(`${read('requests.jsonl').join('\n')}\n`)
  })
})
