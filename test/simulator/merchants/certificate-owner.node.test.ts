import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { createSimulator } from '../../../src/simulator/index.ts'
import { ownerOfCertificate } from '../../../src/simulator/merchants/certificate-owner.ts'

it('finds the owner of a client certificate, and reads the PEM of each merchant once', async () => {
  const { merchants } = await createSimulator({ merchants: [{ mchid: '1900000109' }, { mchid: '1900000112' }] })
  let reads = 0
  const counted = merchants.map(merchant =>
    Object.defineProperty({ ...merchant }, 'certificate', {
      get() {
        reads++
        return merchant.certificate
      },
    }),
  )
  const derOf = (certificate: string) => new Uint8Array(new X509Certificate(certificate).raw)
  for (const { mchid, certificate } of [...merchants, ...merchants])
    expect(ownerOfCertificate(derOf(certificate), counted)).toBe(mchid)
  expect(reads).toBe(merchants.length)
  const [first] = merchants
  expect(ownerOfCertificate(derOf(first!.certificate).fill(0, 100, 104), counted)).toBeUndefined()
})
