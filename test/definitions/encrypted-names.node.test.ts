import { expect, test } from 'vitest'
import { encryptedNames } from '../../src/definitions/encrypted-names.ts'
import openapi from '../../src/definitions/generated/openapi.json' with { type: 'json' }

/** Collects the names of properties that are marked, wherever the schema stands. */
function collect(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (key === 'properties')
      for (const [name, schema] of Object.entries(member))
        if (/"x-encrypted":"rsa"/.test(ownText(schema))) found.add(name)
    collect(member, found)
  }
}

/** The text of a schema without the properties below it. */
const ownText = (schema: unknown): string =>
  JSON.stringify(schema, (key, member) => (key === 'properties' ? undefined : member))

test('the names of encrypted fields are those that the definitions mark in bodies', () => {
  const found = new Set<string>()
  collect(openapi, found)
  expect([...encryptedNames()].sort()).toEqual([...found].sort())
  expect(found.size).toBeGreaterThan(50)
})
