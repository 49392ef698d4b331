import { expect, it } from 'vitest'
import { bundle } from '../../bench/bundle.ts'

// A program that imports an entry pays for every file that a bundler follows from it.

it.each(['core/index.ts', 'adapters/cloudflare.ts', 'gateway/index.ts'])(
  '%s never pulls the simulator in',
  async entry => {
    const { parts } = await bundle(`import * as all from '../src/${entry}'; globalThis.W = all`)
    const names = parts.map(([name]) => name)
    expect(names).toContain('src/core')
    expect(names.filter(name => /^src\/(simulator|cli)\b|@peculiar/.test(name))).toEqual([])
  },
)

it('the core needs nothing of Node, and no package', async () => {
  const { parts, imports } = await bundle("import { Wechatpay } from '../src/core/index.ts'; globalThis.W = Wechatpay")
  const strangers = parts.filter(([name]) => !/^(src\/(core|definitions)\b|<stdin>$)/.test(name))
  expect([strangers, imports]).toEqual([[], []])
})
