import { expect, test } from 'vitest'
import { byteSourceOf, readBounded } from '../../src/core/base/read-bounded.ts'
import { endAtLength } from '../../worker/incoming-body.ts'

/** Creates a request whose body has given chunks, and then no end. */
function requestOf(chunks: readonly string[], headers: HeadersInit, isEnded = false): Request {
  const encoder = new TextEncoder()
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk))
      if (isEnded) controller.close()
    },
  })
  return new Request('https://gateway.example.com/', { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
}

async function read(request: Request): Promise<string> {
  const bytes = await readBounded(byteSourceOf(endAtLength(request)), 1024)
  return new TextDecoder().decode(bytes)
}

test('a body ends with its announced length, before its sender says so', async () => {
  expect(await read(requestOf(['ab', 'cde'], { 'content-length': '5' }))).toBe('abcde')
})

test.each([null, '', 'x', '0', '9'])('a body of another length than announced is read to its end: %o', async length => {
  expect(await read(requestOf(['ab', 'cde'], length === null ? {} : { 'content-length': length }, true))).toBe('abcde')
})

test('a body that exceeds its announced length within a chunk is read to its end', async () => {
  expect(await read(requestOf(['ab', 'cde'], { 'content-length': '3' }, true))).toBe('abcde')
})

test('a request without a body has none', async () => {
  expect(await read(new Request('https://gateway.example.com/', { headers: { 'content-length': '5' } }))).toBe('')
})
