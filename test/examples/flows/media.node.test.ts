import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

test('the media example uploads, is refused what is not taken, and downloads', async () => {
  const { stdout } = await run(process.execPath, [join(process.cwd(), 'examples/flows/media.ts')])
  expect(stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^picture: \S{12} …$/),
    expect.stringMatching(/^invoice: \S+$/),
    'refused: file: "licence.gif" has the wrong type; v3/merchant/media/upload accepts jpg, bmp or png.',
    'refused: file: "a.jpg" begins like png, not like jpg.',
    'refused: file: 3000000 bytes; v3/merchant/media/upload accepts at most 2097152.',
    'downloaded: application/octet-stream 1000',
  ])
})
