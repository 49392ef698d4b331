import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('a process that has imported PostgreSQL ends with its own exit code, so that failed tests fail the run', async () => {
  const code = `
    const { importEmbeddedPostgres } = await import('./test/postgres/embedded.ts')
    await importEmbeddedPostgres()
    process.exitCode = 3`
  const ended = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
  await expect(ended).rejects.toMatchObject({ code: 3, stderr: '' })
})
