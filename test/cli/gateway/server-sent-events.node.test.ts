import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readServerSentEvents, type ServerSentEvent } from '../../../src/cli/gateway/server-sent-events.ts'

async function parse(text: string, cuts: readonly number[] = []): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text)
  const places = [...new Set([0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  async function* chunks() {
    for (const [at, start] of places.entries()) yield bytes.subarray(start, places[at + 1] ?? bytes.length)
  }
  return readAll(chunks())
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<ServerSentEvent[]> {
  const messages: ServerSentEvent[] = []
  for await (const message of readServerSentEvents(chunks)) messages.push(message)
  return messages
}

const PIECES = ['data', 'event', 'id', 'retry', 'other', ':', ': ', ' ', '\n', '\r\n', '\n\n', '支付', '{"a":1}', 'x']

it('reads any stream as eventsource-parser does, however it is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      async (pieces, cuts) => {
        const text = pieces.join('')
        const expected: { event: string | undefined; id: string | undefined; data: string }[] = []
        const parser = createParser({ onEvent: ({ event, id, data }) => expected.push({ event, id, data }) })
        parser.feed(text)
        const withoutEmptyNames = (messages: readonly ServerSentEvent[]) =>
          messages.map(({ event, id, data }) => ({ event: event || undefined, id: id ?? undefined, data }))
        expect(withoutEmptyNames(await parse(text, cuts))).toEqual(withoutEmptyNames(expected))
      },
    ),
    { numRuns: 300 },
  )
})

it('drops a message that the stream breaks off', async () => {
  expect(await parse('id: 1\ndata: a\n\nid: 2\ndata: b\n')).toEqual([{ event: undefined, id: '1', data: 'a' }])
})

it('refuses a message without an end', async () => {
  async function* endless() {
    for (;;) yield new TextEncoder().encode('x'.repeat(1_000_000))
  }
  await expect(readAll(endless())).rejects.toThrow('too long')
})
