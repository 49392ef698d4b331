import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileAllow, problemOfAllow, safePathname } from '../../../src/gateway/caller/allow.ts'
import type { Refusal } from '../../../src/gateway/problem.ts'

describe('compileAllow', () => {
  const rows: [pattern: string, method: string, path: string, allowed: boolean][] = [
    ['POST /v3/pay/transactions/*', 'POST', '/v3/pay/transactions/jsapi', true],
    ['POST /v3/pay/transactions/*', 'GET', '/v3/pay/transactions/jsapi', false],
    ['POST /v3/pay/transactions/*', 'POST', '/v3/pay/transactions', false],
    ['POST /v3/pay/transactions/*', 'POST', '/v3/pay/transactions/id/1', false],
    ['GET,DELETE /v3/**', 'DELETE', '/v3/a/b', true],
    ['GET,DELETE /v3/**', 'POST', '/v3/a', false],
    ['* /v3/**', 'PATCH', '/v3/a', true],
    ['* /v3/**', 'GET', '/v3', false],
    ['* /v3/**', 'GET', '/v33/a', false],
    ['* /v3/**', 'GET', '/v2/v3/a', false],
    ['* /**', 'GET', '/healthz', true],
    ['* /v3/*/out-trade-no/**', 'GET', '/v3/pay/out-trade-no/1/close', true],
    ['* /v3/*/out-trade-no/**', 'GET', '/v3/pay/id/1', false],
    ['GET /metrics', 'GET', '/metrics', true],
    ['GET /metrics', 'HEAD', '/metrics', false],
    // A pattern is text: a dot is a dot.
    ['GET /v3/a.b', 'GET', '/v3/axb', false],
    ['get /metrics', 'GET', '/metrics', false],
    ['nonsense', 'GET', '/metrics', false],
  ]
  it.each(rows)('%s, asked for %s %s: %s', (pattern, method, path, allowed) => {
    expect(compileAllow([pattern])(method, path)).toBe(allowed)
  })

  it('takes what any of the patterns takes, and nothing without any', () => {
    const allows = compileAllow(['GET /a', 'POST /b'])
    expect([allows('GET', '/a'), allows('POST', '/b'), allows('POST', '/a')]).toEqual([true, true, false])
    expect(compileAllow([])('GET', '/a')).toBe(false)
  })
})

describe('problemOfAllow', () => {
  it.each(['* /**', 'GET /metrics', 'POST /v3/pay/transactions/*', 'GET,DELETE /v3/**'])('%s: none', pattern => {
    expect(problemOfAllow(pattern)).toBeUndefined()
  })
  it.each([
    ['/v3/**', 'METHOD /path'],
    ['get /v3', 'METHOD /path'],
    ['GET,* /v3', 'METHOD /path'],
    ['GET  /v3', 'METHOD /path'],
    ['GET v3', 'METHOD /path'],
    ['GET /v3/**/a', 'before its end'],
    ['GET /v3/a*', 'within a segment'],
    ['GET /v3/***', 'within a segment'],
    ['GET /v3?a=b', 'query'],
    ['GET /v3/', 'is empty'],
    ['GET /v3/../v2', 'leads elsewhere'],
    ['GET /v3/%2e', 'leads elsewhere'],
  ])('%s: %s', (pattern, why) => {
    expect(problemOfAllow(pattern)).toContain(why)
  })
})

const refused = (path: string): string | undefined => {
  try {
    safePathname(path)
    return undefined
  } catch (error) {
    const { problem } = error as Refusal
    return `${problem.status} ${problem.code} ${problem.detail}`
  }
}

describe('safePathname', () => {
  it.each(['/v3/pay/transactions/id/4200', '/v3/%E6%94%AF%E4%BB%98', '/v3/a%20b', '/v3/100%25', '/v3/a..b', '/v3/...'])(
    '%s is let by unchanged',
    path => {
      expect(safePathname(path)).toBe(path)
    },
  )
  it.each([
    ['/', 'is empty'],
    ['/v3//pay', 'is empty'],
    ['/v3/pay/', 'is empty'],
    ['/v3/%2e%2e/admin', 'leads elsewhere'],
    ['/v3/.', 'leads elsewhere'],
    ['/v3/%2F..', 'no segment may hold'],
    ['/v3/a%2fb', 'no segment may hold'],
    ['/v3/a%5Cb', 'no segment may hold'],
    ['/v3/a\\b', 'no segment may hold'],
    ['/v3/a%00', 'no segment may hold'],
    ['/v3/a%0d%0aHost:', 'no segment may hold'],
    ['/v3/%C2%85', 'no segment may hold'],
    ['/v3/%252e%252e', 'encoded twice'],
    ['/v3/%2', 'malformed'],
    ['/v3/%ff', 'malformed'],
  ])('%s: a segment %s', (path, why) => {
    expect(refused(path)).toMatch(new RegExp(`^400 PATH_INVALID .*${why}`))
  })

  it('lets by only what has the same segments for whoever decodes it first, or resolves it', () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '%25',
      '%',
      '2',
      'F',
      'e',
      '\\',
      '%00',
      'é',
      '%E6%94%AF',
    )
    const segment = fc.oneof(
      fc.array(piece, { maxLength: 5 }).map(pieces => pieces.join('')),
      fc.string({ maxLength: 6 }),
    )
    let passed = 0
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), segments => {
        // What a request's URL would have.
        const { pathname } = new URL(`https://example.com/${segments.join('/').replace(/[?#]/g, '')}`)
        if (refused(pathname)) return
        passed++
        const raw = pathname.split('/')
        const decoded = decodeURIComponent(pathname)
        expect(decoded.split('/')).toEqual(raw.map(decodeURIComponent))
        expect(decoded.split(/[/\\]/)).toHaveLength(raw.length)
        // Decoding again changes nothing, and neither does resolving what is decoded.
        expect(decoded).not.toMatch(/%[0-9a-f]{2}/i)
        const resolved = new URL('https://example.com')
        resolved.pathname = decoded.replaceAll('%', '%25')
        expect(resolved.pathname.split('/')).toHaveLength(raw.length)
      }),
      { numRuns: 2000 },
    )
    expect(passed).toBeGreaterThan(100)
  })
})
