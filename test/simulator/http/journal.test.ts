import { expect, test } from 'vitest'
import { createJournal, type Exchange } from '../../../src/simulator/http/journal.ts'

const exchange: Exchange = {
  at: 0,
  requestId: '1',
  api: 'v3',
  method: 'POST',
  url: '/v3/pay/transactions/native',
  path: '/v3/pay/transactions/native',
  signedText: 'a'.repeat(10_000),
  signature: 'valid',
  status: 200,
}

const withLength = ({ signedText, ...rest }: Exchange) => ({ ...rest, characters: signedText.length })

test('cuts the signed text at 8,192 characters, and changes nothing else', () => {
  const seen: Exchange[] = []
  const journal = createJournal(entry => seen.push(entry))
  journal.add(exchange)
  const expected = { ...withLength(exchange), characters: 8192 }
  expect(journal.entries.map(withLength)).toEqual([expected])
  expect(seen.map(withLength)).toEqual([expected])
})

test('keeps the last 200 authenticated exchanges and the last 200 others, in their order', () => {
  const journal = createJournal()
  for (let at = 0; at < 1000; at++) journal.add({ ...exchange, at, signature: at % 5 === 0 ? 'valid' : 'absent' })
  const last = (isKept: (at: number) => boolean) =>
    Array.from({ length: 1000 }, (_, at) => at)
      .filter(isKept)
      .slice(-200)
  const expected = [...last(at => at % 5 === 0), ...last(at => at % 5 !== 0)].sort((a, b) => a - b)
  expect(journal.entries.map(({ at }) => at)).toEqual(expected)
})

test('a flood of requests without a valid signature displaces no authenticated exchange', () => {
  const journal = createJournal()
  journal.add(exchange)
  for (let at = 1; at < 500; at++) journal.add({ ...exchange, at, signature: at % 2 ? 'absent' : 'invalid' })
  expect(journal.entries[0]).toMatchObject({ at: 0, signature: 'valid' })
  expect(journal.entries).toHaveLength(201)
})

test('reports an exchange without keeping it', () => {
  const seen: number[] = []
  const journal = createJournal(({ at }) => seen.push(at))
  journal.report({ ...exchange, at: 7 })
  expect([seen, journal.entries]).toEqual([[7], []])
})
