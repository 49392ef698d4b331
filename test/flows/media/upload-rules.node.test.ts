import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { uploadRules } from '../../../src/flows/generated/upload-rules.ts'
import { type FileKind, upload } from '../../../src/flows/media/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { sample } from './files.ts'
import { optionsOf, uploads } from './uploads.node.ts'

const simulator = await createSimulator({ seed: 'all uploads', brandId: '40001' })
const { mchid } = simulator.merchant
const { merchant, brand, fetch, mtlsFetch } = simulator
const wxpay = new Wechatpay({ ...merchant, brand: brand!, fetch, mtlsFetch })

describe('the rules of uploads', () => {
  it('are what the definitions say of every endpoint that accepts a file', () => {
    expect(uploads).toHaveLength(17)
    expect(Object.keys(uploadRules).sort()).toEqual(uploads.map(({ path }) => path).sort())
    for (const { path, part, maxBytes, kinds, maxNameLength } of uploads)
      expect({ part: 'file', ...uploadRules[path] }, path).toMatchObject({
        part,
        ...(maxBytes && { maxBytes }),
        ...(kinds && { kinds }),
        ...(maxNameLength && { maxNameLength }),
      })
  })

  it.each(uploads)('are enough for $path: what it requires is made, and it answers', async ({ path, kinds }) => {
    const kind = (kinds?.[0] ?? 'png') as FileKind
    const file = new File([sample(kind)], `a.${kind}`)
    const { data } = await upload(wxpay, path, file, optionsOf(path, mchid) as never)
    expect(Object.keys(data as object).length).toBeGreaterThan(0)
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', status: 200 })
  })

  it.each(uploads.filter(({ maxBytes }) => maxBytes))(
    'admit the largest file of $path, in the client and the simulator, and refuse one more byte before it is sent',
    async ({ path, part, maxBytes = 0, kinds }) => {
      const kind = kinds![0] as FileKind
      const options = optionsOf(path, mchid) as never
      const largest = new File([sample(kind, maxBytes)], `a.${kind}`)
      expect((await upload(wxpay, path, largest, options)).status).toBe(200)
      for (const tooLarge of [new File([sample(kind, maxBytes + 1)], `a.${kind}`), sample(kind, maxBytes + 1)])
        await expect(upload(wxpay, path, tooLarge, options)).rejects.toThrow(
          `${part}: ${maxBytes + 1} bytes; ${path} accepts at most ${maxBytes}.`,
        )
    },
  )

  it.each(uploads.filter(({ maxNameLength }) => maxNameLength))(
    'bound the name of the file for $path',
    async ({ path, maxNameLength = 0, kinds }) => {
      const kind = kinds![0] as FileKind
      const named = (length: number) => new File([sample(kind)], `.${kind}`.padStart(length, 'a'))
      const options = optionsOf(path, mchid) as never
      expect((await upload(wxpay, path, named(maxNameLength), options)).status).toBe(200)
      await expect(upload(wxpay, path, named(maxNameLength + 1), options)).rejects.toThrow(
        `its name has ${maxNameLength + 1} characters; ${path} accepts ${maxNameLength}`,
      )
    },
  )
})
