import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PermissionState } from '../../../../src/simulator/accounts/service-permissions/service-permissions.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, type TestAccounts } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'

// In any history, a permission is granted once and revoked once, each is notified once, and a user's is the one granted last.

const CODES = ['A', 'B', 'C'] as const
const USERS = ['o1', 'o2'] as const
type Act = readonly [act: 'request' | 'change' | 'grant' | 'revoke', code: string, user: string]
const act: fc.Arbitrary<Act> = fc.tuple(
  fc.constantFrom('request', 'change', 'grant', 'grant', 'revoke'),
  fc.constantFrom(...CODES),
  fc.constantFrom(...USERS),
)
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [Act[]][] = [
  [
    [
      ['grant', 'A', 'o1'],
      ['revoke', 'A', 'o1'],
      ['request', 'A', 'o1'],
      ['revoke', 'A', 'o1'],
      ['request', 'A', 'o1'],
      ['change', 'A', 'o1'],
      ['grant', 'A', 'o1'],
      ['grant', 'A', 'o2'],
      ['revoke', 'A', 'o1'],
      ['revoke', 'A', 'o1'],
      ['change', 'B', 'o1'],
      ['request', 'B', 'o1'],
    ],
  ],
]

const request = ({ servicePermissions }: TestAccounts, authorization_code: string, fingerprint: string): boolean =>
  isAccepted(() =>
    servicePermissions.request({ authorization_code, mchid: '1', appid: 'wx', service_id: '1', fingerprint }),
  )

function doAct([name, code, user]: Act, of: TestAccounts): boolean {
  const { servicePermissions } = of
  switch (name) {
    case 'request':
      return request(of, code, '1')
    case 'change':
      return request(of, code, '2')
    case 'grant':
      return isAccepted(() => servicePermissions.grant(code, user))
    case 'revoke':
      return isAccepted(() => servicePermissions.revoke(servicePermissions.require(code, '1')))
  }
}

it('a permission is granted and revoked once, and that of a user is the one granted last, also after a restore', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 20, size: 'max' }), async acts => {
      const of = createTestAccounts()
      const states = new Map<string, PermissionState>()
      const last = new Map<string, string>()
      for (const step of acts) {
        const [name, code, user] = step
        const isDone = doAct(step, of)
        seen.add(`${name} ${isDone}`)
        const state = states.get(code)
        if (name === 'grant') expect(isDone).toBe(state === 'UNAVAILABLE')
        if (name === 'revoke') expect(isDone).toBe(state === 'AVAILABLE')
        if (!isDone) continue
        if (state === undefined) states.set(code, 'UNAVAILABLE')
        if (name === 'grant') {
          states.set(code, 'AVAILABLE')
          last.set(user, code)
        }
        if (name === 'revoke') states.set(code, 'UNBINDUSER')
      }
      for (const accounts of [of, createTestAccounts(of.state.snapshot())]) {
        const { find, findOfUser } = accounts.servicePermissions
        for (const code of CODES) expect([code, find(code)?.state]).toEqual([code, states.get(code)])
        for (const user of USERS)
          expect([user, findOfUser(user, '1')?.authorization_code]).toEqual([user, last.get(user)])
      }
      const notified = (type: string) => of.events.filter(event => event.type === type).length
      const [revoked, granted] = (['UNBINDUSER', 'AVAILABLE'] as const).map(
        state => [...states.values()].filter(one => one === state).length,
      )
      expect(notified('permission-revoked')).toBe(revoked)
      expect(notified('permission-granted')).toBe(granted! + revoked!)
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const name of ['request', 'change', 'grant', 'revoke'])
    expect([...seen]).toEqual(expect.arrayContaining([`${name} true`, `${name} false`]))
})

it.each<[string, Act[]]>([
  [
    'was requested before another one',
    [
      ['grant', 'B', 'o1'],
      ['grant', 'A', 'o1'],
    ],
  ],
  [
    'is in effect while an older one is revoked',
    [
      ['grant', 'A', 'o1'],
      ['grant', 'B', 'o1'],
      ['revoke', 'A', 'o1'],
    ],
  ],
])("a user's permission is the one granted last if it %s, also after a restore", (_, acts) => {
  const of = createTestAccounts()
  for (const step of [['request', 'A', 'o1'], ['request', 'B', 'o1'], ...acts] as Act[]) doAct(step, of)
  const [code] = acts
    .filter(([name]) => name === 'grant')
    .at(-1)!
    .slice(1)
  for (const accounts of [of, createTestAccounts(of.state.snapshot())])
    expect(accounts.servicePermissions.findOfUser('o1', '1')).toMatchObject({
      authorization_code: code,
      state: 'AVAILABLE',
    })
})
