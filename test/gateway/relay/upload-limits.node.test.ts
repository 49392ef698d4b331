import { expect, test } from 'vitest'
import { acceptsFile, maxFormBytes } from '../../../src/gateway/relay/upload-limits.ts'
import { uploads } from '../../flows/media/uploads.node.ts'

const KILOBYTE = 1024
const FORM_OVERHEAD = 64 * KILOBYTE
const largest = Math.max(...uploads.map(({ maxBytes = 0 }) => maxBytes))

test.each(uploads)('a form for $path may be as large as the documented file', ({ path, maxBytes = largest }) => {
  const filled = `/${path.replace(/\{\w+\}/g, '19000001A')}`
  expect(maxFormBytes('POST', filled)).toBe(maxBytes + FORM_OVERHEAD)
  expect(acceptsFile('POST', filled)).toBe(true)
})

test('an endpoint without a file has no form', () => {
  expect(maxFormBytes('POST', '/v3/pay/transactions/native')).toBe(0)
  expect(maxFormBytes('GET', '/v3/merchant-service/images/1')).toBe(0)
})
