import { expect, test } from 'vitest'
import { type MalformedError, parseJson } from '../../../src/core/index.ts'
import { malformedJson } from '../../../src/gateway/body/malformed-json.ts'

// The parsers of V8, JavaScriptCore and workerd have words of their own for each of these.

test.each<[string, string]>([
  ['{', 'line 1, column 2'],
  ['{"amount": {"total": 1}', 'line 1, column 24'],
  ["{'amount': 1}", 'line 1, column 2'],
  ['{"a": 1,}', 'line 1, column 9'],
  ['{"a": "张三\n"}', 'line 1, column 10'],
  ['{"a": NaN}', 'line 1, column 7'],
  ['{"a": 1}\n{"a": 2}', 'line 2, column 1'],
  ['{\r\n  "a": 1\r\n  "b": 2\r\n}', 'line 3, column 3'],
])('broken JSON is told by line and column in the same words in every runtime: %j', (text, place) => {
  let error: MalformedError | undefined
  try {
    parseJson(text)
  } catch (cause) {
    error = cause as MalformedError
  }
  expect(malformedJson(text, error!)).toBe(`not JSON: malformed or cut short at ${place}`)
})
