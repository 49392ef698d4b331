import { assert } from 'chai'

/**
 * A case of the suite that every runtime's own runner runs. It names no runner, and nothing that a web page has not: an entry
 * of test/runtimes/, or conformance.test.ts, hands it to one.
 */
export interface Case {
  readonly name: string
  readonly run: () => void | Promise<void>
}

/** Returns the error that a promise rejects with; fails if it resolves. */
export async function rejection(of: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  const error = await of.then(
    () => undefined,
    cause => cause,
  )
  assert.instanceOf(error, Error)
  return error
}

/** That an object has these members, whatever else it has. */
export function includes(actual: unknown, expected: object): void {
  for (const [name, value] of Object.entries(expected))
    assert.deepEqual((actual as Record<string, unknown>)?.[name], value, name)
}
