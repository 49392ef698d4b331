import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createBodyQueue } from '../../src/adapters/body-queue.ts'
import { quickResponseOf } from '../../src/adapters/quick-response.ts'
import { byteSourceOf, readBounded } from '../../src/core/base/read-bounded.ts'

const TEXT = '{"名":1}'
const HEADERS = ['Content-Type', 'application/json', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']
const INIT: ResponseInit = {
  headers: [
    ['content-type', 'application/json'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ],
}

function createResponse(status = 200): Response {
  const { queue, reader } = createBodyQueue(
    () => {},
    () => {},
  )
  const response = quickResponseOf({ status, headers: HEADERS }, reader)
  const bytes = Buffer.from(TEXT)
  queue.push(bytes.subarray(0, 4))
  queue.push(bytes.subarray(4))
  queue.end()
  return response
}

const GETTERS = Object.entries(Object.getOwnPropertyDescriptors(Response.prototype))
  .filter(([name, { get }]) => get && !['body', 'headers'].includes(name))
  .map(([name]) => name as 'status')
const READERS = ['text', 'json', 'arrayBuffer', 'blob', 'bytes', 'formData'] as const

describe('a response of the adapter', () => {
  it.each(GETTERS)('has the property %s of an ordinary one', name => {
    expect(createResponse()[name]).toEqual(new Response(TEXT, INIT)[name])
  })

  it.each([200, 201, 299, 302, 400, 502])('is ok or not with status %i as an ordinary one is', status => {
    expect(createResponse(status).ok).toBe(new Response(TEXT, { status }).ok)
  })

  it.each(READERS)('is read by %s() as an ordinary one is', async name => {
    const read = async (response: Response) => response[name]().catch((error: Error) => error.name)
    const [actual, expected] = [await read(createResponse()), await read(new Response(TEXT, INIT))]
    if (expected instanceof Blob) return expect(await (actual as Blob).text()).toBe(await expected.text())
    expect(actual).toEqual(expected)
  })

  it('is one, has its headers, and prints as one', () => {
    const response = createResponse()
    expect(response).toBeInstanceOf(Response)
    // A server in the same process may have replaced the global one, before or since.
    expect(response.constructor.name).toMatch(/^Response/)
    expect([...response.headers]).toEqual([...new Response(TEXT, INIT).headers])
    expect(String(response)).toBe('[object Response]')
    expect(inspect(response)).toContain('status: 200')
  })

  it('is cloned, wrapped and streamed', async () => {
    const response = createResponse()
    const copy = response.clone()
    expect(await copy.text()).toBe(TEXT)
    expect(await new Response(response.body, response).text()).toBe(TEXT)
    expect(response.bodyUsed).toBe(true)
    const chunks: Uint8Array[] = []
    for await (const chunk of createResponse().body!) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe(TEXT)
  })

  it('gives its bytes once, however they are taken', async () => {
    const response = createResponse()
    expect(Buffer.from((await readBounded(byteSourceOf(response), 100))!).toString()).toBe(TEXT)
    expect(response.bodyUsed).toBe(true)
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
    const read = createResponse()
    await read.text()
    await expect((async () => readBounded(byteSourceOf(read), 100))()).rejects.toBeInstanceOf(TypeError)
  })

  it('gives its bytes after a part of them was looked at', async () => {
    const response = createResponse()
    const reader = response.clone().body!.getReader()
    await reader.read()
    expect(Buffer.from((await readBounded(byteSourceOf(response), 100))!).toString()).toBe(TEXT)
    reader.cancel().catch(() => {})
  })

  it('without a body has none', () => {
    const response = quickResponseOf({ status: 204, headers: HEADERS }, null)
    expect([response.status, response.body]).toEqual([204, null])
  })

  it('refuses a status and a header that a Response refuses', () => {
    const { reader } = createBodyQueue(
      () => {},
      () => {},
    )
    expect(() => quickResponseOf({ status: 600, headers: [] }, reader)).toThrow(RangeError)
    expect(() => quickResponseOf({ status: 200, headers: ['a b', ''] }, reader)).toThrow(TypeError)
  })
})

describe('the body of a message', () => {
  it('pauses the connection while 64 KiB wait, and resumes it for a reader', async () => {
    let resumed = 0
    const { queue, reader } = createBodyQueue(
      () => {
        resumed++
      },
      () => {},
    )
    expect([queue.push(new Uint8Array(65_535)), queue.push(new Uint8Array(1))]).toEqual([true, false])
    expect(resumed).toBe(0)
    await reader.read()
    expect(resumed).toBe(1)
  })

  it('gives many tiny chunks that wait in few reads, in order, and a large chunk as it is', async () => {
    const { queue, reader } = createBodyQueue(
      () => {},
      () => {},
    )
    const bytes = crypto.getRandomValues(new Uint8Array(20_000))
    const large = new Uint8Array(10_000).fill(1)
    for (const byte of bytes) queue.push(Uint8Array.of(byte))
    queue.push(large)
    queue.end()
    const reads: Uint8Array[] = []
    for (let read = await reader.read(); !read.done; read = await reader.read()) reads.push(read.value)
    expect(Buffer.concat(reads).equals(Buffer.concat([bytes, large]))).toBe(true)
    expect(reads.at(-1)).toBe(large)
    expect(reads.length).toBeLessThan(10)
  })

  it('that fails drops what nobody has taken, and fails for every later reading', async () => {
    const { queue, reader } = createBodyQueue(
      () => {},
      () => {},
    )
    queue.push(new Uint8Array(1))
    const error = new Error('the connection was closed')
    queue.fail(error)
    queue.end()
    await expect(reader.read()).rejects.toBe(error)
    await expect(reader.read()).rejects.toBe(error)
  })

  it('that is cancelled drops the connection once, and takes no more', async () => {
    let cancelled = 0
    const { queue, reader } = createBodyQueue(
      () => {},
      () => {
        cancelled++
      },
    )
    const reading = reader.read()
    await reader.cancel()
    await reader.cancel()
    expect(cancelled).toBe(1)
    expect((await reading).done).toBe(true)
    queue.push(new Uint8Array(1))
    expect((await reader.read()).done).toBe(true)
  })

  it('whose reader was collected fails for a method that was kept, and is not taken for a shorter one', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    let cancelled = 0
    const create = () => {
      const { queue, reader } = createBodyQueue(
        () => {},
        () => {
          cancelled++
        },
      )
      queue.push(new Uint8Array(1))
      return { queue, read: reader.read }
    }
    const { queue, read } = create()
    expect((await read()).done).toBe(false)
    await expect
      .poll(() => {
        collect()
        return cancelled
      })
      .toBe(1)
    queue.push(new Uint8Array(1))
    queue.end()
    await expect(read()).rejects.toThrow('nothing refers to its reader')
  })
})
