import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Operation {
  readonly 'x-errors'?: readonly unknown[]
}

test.each([
  ['docs/errors.md', 'the (\\d+) endpoints'],
  ['docs/errors.zh-CN.md', '其中 (\\d+) 个接口'],
  ['docs/calls.md', '\\((\\d+) calls\\)'],
  ['docs/calls.zh-CN.md', '已收录 (\\d+) 个接口'],
  ['docs/agents.md', '\\[(\\d+) endpoints\\]'],
  ['docs/agents.zh-CN.md', '已收录 \\[(\\d+) 个接口\\]'],
])('%s says how many endpoints have error codes of their own', (path, pattern) => {
  const { paths } = JSON.parse(readFileSync('src/definitions/generated/openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, Operation>>
  }
  const operations = Object.values(paths).flatMap(item => Object.values(item))
  const count = operations.filter(operation => operation['x-errors']?.length).length
  expect(new RegExp(pattern).exec(readFileSync(path, 'utf8'))?.[1]).toBe(String(count))
})
