import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/base/bytes.ts'
import { PAYMENTS, parseBill, reconcile } from '../../../src/flows/bill/index.ts'
import { stream } from './reading.ts'
import { ALL } from './samples.ts'

// Mistakes of a program; a bill is full of other people's payments, and none of that may stand in an error or a log.

const rejectionOf = async (work: () => unknown): Promise<Error> => {
  try {
    await work()
  } catch (error) {
    return error as Error
  }
  throw new Error('It was not refused.')
}
const drained = async (rows: AsyncIterable<unknown>) => {
  for await (const _ of rows);
}

describe('what is no stream of bytes is refused without a word of its content:', () => {
  it.each([
    ['the text of a bill', ALL],
    ['undefined', undefined],
    ['null', null],
    ['a list of lines', ALL.split('\n')],
  ])('%s', async (_, given) => {
    const error = await rejectionOf(() => parseBill(given as never))
    expect(error).toMatchObject({ name: 'CallError', code: 'PARAMETER_INVALID', field: 'file' })
    expect(error.message.length).toBeLessThan(200)
    expect(String(error.stack)).not.toContain('outtradeno001')
  })
})

it.each(['rows', 'batches'] as const)('a bill whose %s are read twice says that it is read once', async name => {
  const bill = parseBill(stream(utf8(ALL)))
  await drained(bill[name])
  expect(await rejectionOf(() => drained(bill[name]))).toMatchObject({ name: 'CallError', field: 'bill' })
})

it('a stream that somebody else reads is refused', async () => {
  const file = stream(utf8(ALL))
  file.getReader()
  expect(await rejectionOf(() => parseBill(file))).toMatchObject({ name: 'CallError', field: 'file' })
})

it.each([
  ['undefined', undefined, 'records'],
  ['a text', 'orders', 'records'],
  ['an object', { amount: 1 }, 'records'],
  ['a list with a hole', [null], 'records[0]'],
])('records that are %s are refused by name', async (_, records, field) => {
  const reconciliation = reconcile({ by: PAYMENTS, records: records as never, bill: parseBill(stream(utf8(ALL))) })
  expect(await rejectionOf(() => drained(reconciliation))).toMatchObject({ name: 'CallError', field })
})

it.each([undefined, 'out_trade_no', {}])('a comparison by %j is refused, and names "by"', async by => {
  const error = await rejectionOf(() => reconcile({ by: by as never, records: [], bill: [] }))
  expect(error).toMatchObject({ name: 'CallError', code: 'PARAMETER_INVALID', field: 'by' })
})
