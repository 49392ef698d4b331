import { afterEach, expect, test, vi } from 'vitest'
import { readSession, session, signOut } from '../../src/console/gateway/session.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const unauthorized = (code: string) => Response.json({ code, detail: 'The token is missing.' }, { status: 401 })

/** Signs out while another request asks who is signed in; returns the state before and after the gateway confirms the end. */
async function signOutWhileAsked(confirmation: Response): Promise<unknown[]> {
  session.set({ kind: 'signed-in', caller: 'admin', expiresAt: null, csrf: null })
  let confirm = (_: Response): void => {}
  vi.stubGlobal('fetch', async (_path: string, { method }: RequestInit) =>
    method === 'DELETE' ? new Promise<Response>(resolve => (confirm = resolve)) : unauthorized('UNAUTHENTICATED'),
  )
  const leaving = signOut()
  await readSession()
  const meanwhile = session.get().kind
  confirm(confirmation)
  await leaving
  return [meanwhile, session.get()]
}

test('a session that is signed out has not ended for a request that asks who is signed in meanwhile', async () => {
  expect(await signOutWhileAsked(new Response(null, { status: 204 }))).toEqual([
    'signed-in',
    { kind: 'signed-out', hasEnded: false },
  ])
})

test('a session that had ended before it is signed out is said to have ended', async () => {
  expect(await signOutWhileAsked(unauthorized('SESSION_EXPIRED'))).toEqual([
    'signed-in',
    { kind: 'signed-out', hasEnded: true },
  ])
})
