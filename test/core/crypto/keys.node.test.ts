import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromBase64 } from '../../../src/core/base/bytes.ts'
import { readPem } from '../../../src/core/crypto/pem.ts'
import { readX509 } from '../../../src/core/crypto/x509.ts'
import { SERIALS } from '../../fixtures/serials.ts'
import { growth } from '../../growth.ts'

describe('1 MB of PEM takes about as long as 1 KB a thousand times', () => {
  const line = (text: string) => (length: number) => text.repeat(length / text.length)

  test.each(
    Object.entries({
      beginnings: line('-----BEGIN A-----'),
      'beginnings of different labels': length =>
        Array.from({ length: length / 20 }, (_, at) => `-----BEGIN ${at}-----`).join(''),
      ends: line('-----END A-----'),
      hyphens: line('-'),
      'a label without an end': length => `-----BEGIN ${'A'.repeat(length)}`,
      'labels without an end': line('-----BEGIN A'),
      'line breaks written out': line('\\n\\r'),
      'a block without an end': length => `-----BEGIN A-----${'QUJD'.repeat(length / 4)}`,
      'a block of blanks': length => `-----BEGIN A-----${' '.repeat(length)}-----END A-----`,
    } satisfies Record<string, (length: number) => string>),
  )('%s: the time grows with the length, not faster', (_, make) => {
    const attempt = (text: string): void => {
      try {
        readPem(text, 'privateKey')
      } catch (error) {
        expect(error).toMatchObject({ code: 'PEM_INVALID' })
      }
    }
    expect(growth(attempt, make)).toBeLessThan(20)
  })
})

test.each(SERIALS)('Node reads the serial %s as we do', (_, certificate) => {
  const { serialNumber } = new X509Certificate(Buffer.from(certificate, 'base64'))
  expect(readX509(fromBase64(certificate)).serial).toBe(serialNumber === '0' ? '00' : serialNumber)
})
