import { expect, it } from 'vitest'
import { utf8 } from '../../../src/core/base/bytes.ts'
import { readTar, writeTar } from '../../../src/simulator/control/tar.ts'

const FILES = {
  'empty.txt': '',
  'one-block.txt': 'x'.repeat(512),
  'key.pem': 'a key\n',
  'cert.p12': new Uint8Array([0, 255, 7]),
}

it('reads the files that it has written, bytes and texts', () => {
  const read = readTar(writeTar('1900000109', FILES))
  const expected = Object.entries(FILES).map(([name, file]) => [name, typeof file === 'string' ? utf8(file) : file])
  expect([...read]).toEqual(expected)
})

it.each([
  ['no archive', utf8('<html>'.repeat(200))],
  ['a part of one', writeTar('1900000109', FILES).subarray(0, 1100)],
  ['a part of a header', writeTar('1900000109', FILES).subarray(0, 200)],
])('refuses %s', (_, bytes) => {
  expect(() => readTar(bytes)).toThrow('the tar archive is damaged at byte')
})
