import { Refusal } from '../problem.ts'

/** What was shown is no caller's. What it was is not said again. */
export const unauthenticated = (): Refusal =>
  new Refusal({
    status: 401,
    code: 'UNAUTHENTICATED',
    detail: 'That token is not one of a caller of this gateway.',
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  })
