import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Document } from '../../scripts/generate/openapi.ts'

const root = new URL('../../src/definitions/', import.meta.url)
const files = ['v2', 'v3', 'brand'].flatMap(api =>
  readdirSync(new URL(`${api}/`, root)).flatMap(name => (name.endsWith('.yaml') ? [`${api}/${name}`] : [])),
)
const definitions = Object.fromEntries(files.map(file => [file, readFileSync(new URL(file, root), 'utf8')]))
// `npm run check` proves that it is what the definitions give.
const openapi = readFileSync(new URL('generated/openapi.json', root), 'utf8')
const document = JSON.parse(openapi) as Document
const operations = Object.entries(document.paths!).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    path,
    method,
    operation: operation as Record<string, unknown>,
  })),
)

/** A path cannot be broken: that of an endpoint, or of the query that settles it. */
const PATH_ALONE = /^ {2}\/\S+:$|^ {6}x-settled-by: \S+ \S+$/

describe('the definitions', () => {
  it('are written one field a line, none too long to read', () => {
    for (const [file, text] of Object.entries(definitions)) {
      expect(
        text.split('\n').filter(line => line.length > 120 && !line.includes('http') && !PATH_ALONE.test(line)),
        file,
      ).toEqual([])
    }
  })

  it('give each operation a title, a link, a product and an operationId of its own', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(operations.length)
    expect(ids).toContain('v3PayTransactionsJsapiPost')
    for (const { path, operation } of operations) {
      expect(operation, path).toMatchObject({
        summary: expect.any(String),
        tags: [expect.any(String)],
        'x-api': /^\/(v3|brand)\//.exec(path)?.[1] ?? 'v2',
      })
    }
  })

  /** The second is WeChat Pay's own repository, where the pages of some endpoints of the brand API are not public. */
  const OFFICIAL = /^https:\/\/(?:(?:pay|developer\.work)\.weixin\.qq\.com|github\.com\/wechatpay-apiv3)\//

  it('link to an official page, but for those of which none is known', () => {
    const links = operations.map(({ operation }) => (operation.externalDocs as { url: string } | undefined)?.url)
    const known = links.filter(url => url !== undefined)
    expect(links.length - known.length).toBeLessThanOrEqual(32)
    for (const url of known) expect(url).toMatch(OFFICIAL)
  })

  it('have an official name for each field', () => {
    const nameless: string[] = []
    const visit = (value: unknown, at: string): void => {
      if (typeof value !== 'object' || value === null) return
      const { properties = {}, patternProperties = {} } = value as Record<
        string,
        Record<string, { description?: string }>
      >
      for (const [name, field] of Object.entries({ ...properties, ...patternProperties })) {
        if (!field.description) nameless.push(`${at}.${name}`)
      }
      for (const [key, child] of Object.entries(value)) {
        if (key === 'properties' || key === 'patternProperties') {
          for (const [name, field] of Object.entries(child as object)) visit(field, `${at}.${name}`)
        } else visit(child, `${at}.${key}`)
      }
    }
    visit(document, '')
    expect(nameless).toEqual([])
  })
})

describe('openapi.json', () => {
  it('refers to nothing outside of itself', () => {
    const references = [...openapi.matchAll(/"\$ref": "(.*)"/g)].map(([, reference]) => reference!)
    expect(references.length).toBeGreaterThan(0)
    for (const reference of new Set(references)) {
      const [, ...steps] = reference.split('/')
      expect(
        steps.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], document),
        reference,
      ).toBeDefined()
    }
  })

  it('names the access point where it is not the usual one', () => {
    expect(document.paths!['/secsvc/realnameauth']!.post).toMatchObject({
      servers: [{ url: 'https://fraud.mch.weixin.qq.com' }],
      deprecated: true,
      'x-retired': '2021-11-10',
    })
    expect(document.paths!['/v3/pay/transactions/jsapi']!.post).not.toHaveProperty('servers')
  })
})
