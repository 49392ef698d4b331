import { describe, expect, it } from 'vitest'
import { bundle } from '../../scripts/generate/bundle.ts'
import { endpointsOf } from '../../scripts/generate/endpoint.ts'
import { writePaginations } from '../../scripts/generate/paginations.ts'
import { Problems, readSources } from '../../scripts/generate/source.ts'

/** Generates the table for one GET with a query and response fields. */
function tableOf(query: Record<string, string>, fields: readonly string[], extension = ''): string {
  const parameters = Object.entries(query).map(([name, label]) => `{ name: ${name}, in: query, description: ${label} }`)
  const schema = `{ type: object, properties: { ${fields.map(name => `${name}: {}`).join()} } }`
  const yaml = `info: { title: Test, version: v3 }
paths:
  /v3/a/{id}:
    get:
      ${extension}
      parameters: [{ name: id, in: path, required: true }, ${parameters.join()}]
      responses: { '200': { description: ok, content: { application/json: { schema: ${schema} } } } }
`
  const problems = new Problems()
  const document = bundle(readSources({ 'v3/test.yaml': yaml }, problems), problems)
  return writePaginations(document, endpointsOf(document))
}

describe('the table of paging', () => {
  it.each([
    ['offset and limit', { offset: '偏移', limit: '条数' }, ['data', 'total_count'], 'offset items limit total_count'],
    [
      'an offset that may count pages',
      { offset: '分页页码', limit: '条数' },
      ['total_count'],
      'offset either limit total_count',
    ],
    ['pages by number', { page_index: '页', page_size: '条数' }, ['total_num'], 'page_index pages page_size total_num'],
    ['no total', { offset: '偏移', limit: '条数' }, ['data'], 'offset items limit'],
  ])('has %s', (_, query, fields, expected) => {
    const [position, unit, size, total] = expected.split(' ')
    expect(tableOf(query, fields)).toContain(`[${JSON.stringify({ position, unit, size, total })}, 'v3/a/{id}']`)
  })

  it('has a token, and no total beside it', () => {
    const table = tableOf({ page_token: '令牌', page_size: '条数' }, ['total_count', 'next_page_token'])
    expect(table).toContain('"size":"page_size","next":"next_page_token"}')
  })

  it('has no total that ignores the filter', () => {
    const query = { offset: '偏移', limit: '条数' }
    expect(tableOf(query, ['total_count'], 'x-unfiltered-total: true')).not.toContain('"total"')
  })

  it('leaves out a GET that does not page', () => {
    expect(tableOf({ state: '状态' }, ['data'])).not.toContain('v3/a')
  })

  it('refuses a position without a size, and a token that no response has', () => {
    expect(() => tableOf({ offset: '偏移' }, ['data'])).toThrow('GET /v3/a/{id} has only one of the two parameters')
    expect(() => tableOf({ page_token: '令牌', page_size: '条数' }, ['data'])).toThrow(
      'the response of GET /v3/a/{id} has no "next_page_token"',
    )
  })
})
