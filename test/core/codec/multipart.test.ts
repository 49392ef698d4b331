import { expect, test } from 'vitest'
import { stringifyMultipart, typeOf } from '../../../src/core/codec/multipart.ts'

test('a platform parser reads back what was written, bytes and odd names included', async () => {
  const content = Uint8Array.from({ length: 512 }, (_, at) => at % 256)
  const { type, body } = stringifyMultipart(
    [
      { name: 'meta', content: '{"filename":"a\\"b.png"}', type: 'application/json' },
      { name: 'file', content, filename: 'a"b\r\n茶.png', type: 'image/png' },
    ],
    'boundary0',
  )
  const form = await new Response(body, { headers: { 'content-type': type } }).formData()
  expect(form.get('meta')).toBe('{"filename":"a\\"b.png"}')
  const file = form.get('file') as File
  expect([file.type, new Uint8Array(await file.arrayBuffer())]).toEqual(['image/png', content])
  expect(new TextDecoder().decode(body)).toContain('filename="a%22b%0D%0A茶.png"')
})

test('a file without a type gets the one its name tells', () => {
  expect(['a.PNG', 'b.jpeg', 'c.mp4', 'd', 'e.exe'].map(typeOf)).toEqual([
    'image/png',
    'image/jpeg',
    'video/mp4',
    'application/octet-stream',
    'application/octet-stream',
  ])
})
