import { expect, test } from 'vitest'
import { readLines } from '../../../src/storage/transfer/lines.ts'
import { MAX_FIRST_LINE, MAX_LINE, splitLines } from '../../../src/storage/transfer/split-lines.ts'
import { processorTime } from '../../growth.ts'

const CHUNK = 65_536
/** Counts the chunks that were read. */
const chunksOf = (chunks: Iterable<string>) => {
  const read = { count: 0 }
  const source = async function* () {
    for (const chunk of chunks) {
      read.count++
      yield chunk
    }
  }
  return { read, source }
}

async function linesOf(chunks: Iterable<string>): Promise<string[]> {
  const lines: string[] = []
  for await (const line of splitLines(chunksOf(chunks).source())) lines.push(line)
  return lines
}

function* repeat(chunk: string, times: number): Generator<string> {
  for (let count = 0; count < times; count++) yield chunk
}

test.each([
  [['a\nb\n'], ['a', 'b']],
  [['a\nb'], ['a', 'b']],
  [
    ['a', 'b', '\n', '\nc', 'd\ne', '\n'],
    ['ab', '', 'cd', 'e'],
  ],
  [['\n\n'], ['', '']],
  [['', 'a\u2028b\r\n', ''], ['a\u2028b\r']],
  [[], []],
])('the chunks %j have the lines %j', async (chunks, lines) => {
  expect(await linesOf(chunks)).toEqual(lines)
})

test('a long line takes as much time as its characters in lines of eight chunks', async () => {
  const chunk = 'a'.repeat(CHUNK)
  const whole = () => repeat(chunk, 512)
  function* ofEight(): Generator<string> {
    for (let line = 0; line < 512 / 8; line++) yield* [...repeat(chunk, 7), `${chunk.slice(1)}\n`]
  }
  async function timed(make: () => Iterable<string>): Promise<number> {
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 5; round++) {
      const start = processorTime()
      for await (const _ of splitLines(chunksOf(['{}\n', ...make()]).source()));
      best = Math.min(best, processorTime() - start)
    }
    return best
  }
  // Both join as many characters. Were each chunk to read the line again, the long one would take 64 times as much.
  const short = await timed(ofEight)
  expect((await timed(whole)) / Math.max(short, 1)).toBeLessThan(20)
})

test('a file whose first line is longer than that of an export is not read further', async () => {
  const { read, source } = chunksOf(repeat('a'.repeat(CHUNK), 1_000))
  const verify = async () => {
    for await (const _ of readLines(splitLines(source())));
  }
  await expect(verify()).rejects.toMatchObject({
    code: 'LEDGER_FILE_DAMAGED',
    line: 1,
    message: expect.stringContaining('is not the first line of an export'),
  })
  expect(read.count).toBeLessThanOrEqual(MAX_FIRST_LINE / CHUNK + 1)
})

test('a line that no export writes is not read further', async () => {
  const { read, source } = chunksOf(['{}\n', ...repeat('a'.repeat(2 ** 20), 1_000)])
  const verify = async () => {
    for await (const _ of splitLines(source()));
  }
  await expect(verify()).rejects.toMatchObject({ code: 'LEDGER_FILE_DAMAGED', line: 2 })
  expect(read.count).toBeLessThanOrEqual(MAX_LINE / 2 ** 20 + 2)
})
