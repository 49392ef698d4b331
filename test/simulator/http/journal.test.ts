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

test('keeps the last 200 exchanges', () => {
  const journal = createJournal()
  for (let at = 0; at < 201; at++) journal.add({ ...exchange, at })
  expect(journal.entries.map(({ at }) => at)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
})
