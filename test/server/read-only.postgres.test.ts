import { test } from 'vitest'
import { freshUrl } from '../postgres/schema.ts'
import { migrateFreedSchema, restoreSchema } from '../storage/read-only/newer.ts'
import { expectReadOnly } from './read-only.ts'

test('a gateway on tables that a newer version has migrated shows them, and records, delivers and sends nothing', () =>
  expectReadOnly({ data: freshUrl(), migrate: migrateFreedSchema, restore: restoreSchema }))
