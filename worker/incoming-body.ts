import { BYTE_SOURCE, type ByteSource } from '../src/core/base/read-bounded.ts'

/**
 * Gives the gateway a body that ends with the last byte that its `Content-Length` announces. A request has no more, and workerd takes
 * another turn of its event loop to say so.
 */
export function endAtLength(request: Request): Request {
  const { headers, body } = request
  const length = Number(headers.get('content-length'))
  if (body && length > 0) Object.assign(request, { [BYTE_SOURCE]: () => sourceOf(body, length) })
  return request
}

const sourceOf = (body: ReadableStream<Uint8Array>, length: number): ByteSource => ({
  get locked() {
    return body.locked
  },
  getReader() {
    const reader = body.getReader()
    let left = length
    return {
      async read() {
        if (left === 0) return { done: true, value: undefined }
        const chunk = await reader.read()
        left -= chunk.value?.length ?? 0
        return chunk
      },
      cancel: reason => reader.cancel(reason),
    }
  },
})
