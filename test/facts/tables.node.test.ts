import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Statement, toExplanation, toStatement } from '../../scripts/compare-facts/statement.ts'

const read = (name: string): { text: string; rows: Statement[] } => {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8')
  return { text, rows: text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Statement])) }
}

describe.each([
  ['official.jsonl', ['official', 'two sources']],
  ['one-source.jsonl', ['one source']],
  ['names.jsonl', ['official', 'one source', 'two sources']],
])('%s', (name, certainties) => {
  const { text, rows } = read(name)

  it('has statements of its certainty', () => {
    expect(rows.length).toBeGreaterThan(50)
    expect([...new Set(rows.map(({ certainty }) => certainty))].sort()).toEqual(certainties)
    for (const [at, row] of rows.entries()) toStatement(row, `${name}:${at + 1}`)
  })

  it('is sorted by place, says nothing twice, and is small enough to read', () => {
    const places = rows.map(({ of, at = '' }) => `${of}\0${at}`)
    expect(places).toEqual([...places].sort())
    const said = rows.map(({ of, at, says }) => JSON.stringify([of, at, says]))
    expect(said.filter((one, at) => said.indexOf(one) !== at)).toEqual([])
    expect(text.length).toBeLessThan(1_000_000)
  })
})

it('every explanation says why, in a sentence', () => {
  const { rows } = read('explained.jsonl')
  const reasons = rows.map((row, at) => toExplanation(row, `explained.jsonl:${at + 1}`).because)
  expect(reasons.filter(because => because.length < 30)).toEqual([])
})
