import { expect, test } from 'vitest'
import { utf8 } from '../../../src/core/base/bytes.ts'
import { readInput } from '../../../src/gateway/relay/input.ts'

/** Reads a form with one field in the runtime of this test. */
async function fieldOf(parameters: string, boundary: string, preamble = ''): Promise<unknown> {
  const text = `${preamble}--${boundary}\r\nContent-Disposition: form-data; name="meta"\r\n\r\n中文\r\n--${boundary}--\r\n`
  const headers = { 'content-type': `multipart/form-data; ${parameters}` }
  const request = new Request('https://gateway.example.com/', { method: 'POST', headers, body: utf8(text) })
  const { body } = await readInput(request, async read => new Uint8Array(await read.arrayBuffer()), 1_000_000)
  return (body as FormData).get('meta')
}

test.each(['boundary42', '----WebKitFormBoundaryAb1', "a'b_c.d", 'a/b:c=d', 'a b', 'b'.repeat(100)])(
  'a form with the boundary %s is read',
  async boundary => {
    const quoted = `boundary="${boundary}"`
    expect(await fieldOf(quoted, boundary)).toBe('中文')
    expect(await fieldOf(`charset=UTF-8; ${quoted}; foo=bar`, boundary, '\r\n')).toBe('中文')
    if (!boundary.includes(' ')) expect(await fieldOf(`Boundary=${boundary};charset=UTF-8`, boundary)).toBe('中文')
  },
)

test.each([
  ['foo=bar', 'x'],
  ['boundary=', 'x'],
  ['boundary=y', 'x'],
  ['boundary="x', 'x'],
])('a form with the parameters %s is refused', async (parameters, boundary) => {
  await expect(fieldOf(parameters, boundary)).rejects.toMatchObject({ code: 'BODY_INVALID' })
})
