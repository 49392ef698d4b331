import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileAllow, patternProblem, safePathname } from '../../../src/gateway/caps/allow.ts'
import type { Refusal } from '../../../src/gateway/problem.ts'

describe('what a caller may call', () => {
  test.each<[string, string, boolean]>([
    ['POST /v3/pay/transactions/*', 'POST /v3/pay/transactions/native', true],
    ['POST /v3/pay/transactions/*', 'GET /v3/pay/transactions/native', false],
    ['POST /v3/pay/transactions/*', 'POST /v3/pay/transactions', false],
    ['POST /v3/pay/transactions/*', 'POST /v3/pay/transactions/', false],
    ['POST /v3/pay/transactions/*', 'POST /v3/pay/transactions/id/1', false],
    ['GET,DELETE /v3/**', 'DELETE /v3/x', true],
    ['GET,DELETE /v3/**', 'GET /v3/x/y/z', true],
    ['GET,DELETE /v3/**', 'POST /v3/x', false],
    ['GET,DELETE /v3/**', 'GET /v3', false],
    ['GET,DELETE /v3/**', 'GET /v3/', false],
    ['GET,DELETE /v3/**', 'GET /v3/x//y', false],
    ['POST /v3/applyment4sub/applyment/', 'POST /v3/applyment4sub/applyment', true],
    ['GET,DELETE /v3/**', 'GET /v33/x', false],
    ['* /v2/pay/orderquery', 'POST /v2/pay/orderquery', true],
    ['* /v2/pay/orderquery', 'POST /v2/pay/Orderquery', false],
    ['* /v2/pay/orderquery', 'POST /v2/pay/orderquery/', false],
    ['* /v3/*/x', 'PUT /v3/a/x', true],
    ['* /v3/*/x', 'PUT /v3//x', false],
    ['* /**', 'GET /anything', true],
    ['* /**', 'GET /', false],
    ['POST /v3/a.b', 'POST /v3/aXb', false],
  ])('%s, %s: %s', (pattern, call, is) => {
    const [method, path] = call.split(' ') as [string, string]
    expect(compileAllow([pattern])(method, path)).toBe(is)
    expect(compileAllow(['GET /healthz', pattern])(method, path)).toBe(is)
  })

  test('nothing, where nothing is allowed', () => {
    expect(compileAllow([])('GET', '/v3/certificates')).toBe(false)
  })

  test.each([
    ['/v3/**', 'method'],
    ['POST', 'a space'],
    ['POST  v3/x', 'a space'],
    ['POST /v3/x /v3/y', 'a space'],
    ['post /v3/x', 'capitals'],
    ['GET, POST /v3/x', 'a space'],
    ['GET,*  /v3/x', 'capitals'],
    ['GET /v3//x', 'empty'],
    ['GET /v3/../x', 'empty'],
    ['GET /v3/**/x', 'last'],
    ['GET /v3/x*', 'whole segment'],
    ['GET /v3/{id}', 'write * in place'],
    ['GET /v3/:id', 'write * in place'],
    ['GET /v3/x?a=1', 'without a query'],
    ['GET https://api.mch.weixin.qq.com/v3/x', 'a space'],
  ])('%s is no pattern, and is told how to become one', (pattern, why) => {
    expect(patternProblem(pattern)).toContain(why)
    expect(() => compileAllow([pattern])).toThrow(why)
  })
})

describe('a path is refused that somebody could read as another', () => {
  const fault = (path: string): string => {
    try {
      safePathname(path)
      return ''
    } catch (error) {
      const { status, code, detail } = (error as Refusal).problem
      expect([status, code]).toEqual([400, 'PATH_INVALID'])
      return detail
    }
  }

  test.each([
    '/v3//x',
    '/v3/x//',
    '//v3/x',
    'v3/x',
    '',
    '/v3/./x',
    '/v3/../x',
    '/v3/%2e%2e/x',
    '/v3/.%2E/x',
    '/v3/%2E',
    '/v3/a%2Fb',
    '/v3/a%2fb',
    '/v3/a%5Cb',
    '/v3/a\\b',
    '/v3/a%00',
    '/v3/a%0d%0a',
    '/v3/a%7F',
    '/v3/a%C2%85',
    '/v3/a\tb',
    '/v3/a%',
    '/v3/a%2',
    '/v3/a%zz',
    '/v3/a%ff',
    '/v3/a%C0%AF',
    '/v3/a%252e',
    '/v3/100%25',
    '/v3/%6eative',
    '/v3/a;b=c',
    '/v3/a%3Bb',
    '/v3/a%3Fb',
    '/v3/a%23b',
    '/v3/a?b',
  ])('%s', path => expect(fault(path)).not.toBe(''))

  test.each([
    '/',
    '/v3/certificates',
    '/v3/pay/transactions/out-trade-no/A_1-2|3*4',
    '/v3/x/%E5%BC%A0%20%7C+@:$&=,!~.a',
  ])('%s passes as it is', path => expect(safePathname(path)).toBe(path))

  test('whatever passes has the same segments for everybody: decoded once, twice, and by WHATWG URL', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a',
        '.',
        '..',
        '/',
        '%',
        '%2',
        '%2e',
        '%2F',
        '%5c',
        '%25',
        '%00',
        ';',
        '\\',
        '?',
        '#',
        '%61',
        '%E5%BC%A0',
      ),
      fc.string(),
      fc.string({ unit: 'grapheme' }).map(encodeURIComponent),
    )
    let passed = 0
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), pieces => {
        const path = `/v3/${pieces.join('')}`
        if (fault(path)) return
        passed++
        const segments = path.split('/')
        const once = decodeURIComponent(path)
        expect(once.split('/')).toHaveLength(segments.length)
        expect(decodeURIComponent(once)).toBe(once)
        const url = new URL(`https://example.com${path}`)
        expect([url.search, url.hash]).toEqual(['', ''])
        expect(decodeURIComponent(url.pathname)).toBe(once)
        expect(url.pathname.split('/')).toHaveLength(segments.length)
        expect(new URL(`https://example.com${once}`).pathname.split('/')).toHaveLength(segments.length)
      }),
      { numRuns: 2000 },
    )
    expect(passed).toBeGreaterThan(50)
  })

  test('every value of a parameter passes that is percent-encoded once and has nothing of a path in it', () => {
    const value = fc.stringMatching(/^[\w|*@:~ \u4e00-\u9fff-]{1,40}$/)
    fc.assert(fc.property(value, text => fault(`/v3/x/${encodeURIComponent(text)}`) === ''))
  })
})
