/** The pictures of both READMEs, which are shown from the repository and not from the package. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const FOLDER = 'https://raw.githubusercontent.com/wechatpay-edge/wechatpay-edge/main/docs/images/'

test('every picture that a README shows exists, and no other one is kept', async () => {
  const texts = await Promise.all(['README.md', 'README.zh-CN.md'].map(name => readFile(name, 'utf8')))
  const shown = texts.flatMap(text => [...text.matchAll(/\b(?:src|srcset)="([^"]*)"/g)].map(([, url]) => url!))
  expect(shown.length).toBeGreaterThan(0)
  const kept = (await readdir('docs/images')).map(name => FOLDER + name)
  expect(shown.toSorted()).toEqual(kept.toSorted())
})
