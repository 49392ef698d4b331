import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, test } from 'vitest'
import { migrateFile, restoreFile } from '../storage/read-only/newer.ts'
import { expectReadOnly } from './read-only.ts'

test('a gateway on a file that a newer version has written shows it, and records, delivers and sends nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await expectReadOnly({ data: join(folder, 'gateway.db'), migrate: migrateFile, restore: restoreFile })
})
