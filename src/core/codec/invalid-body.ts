import { CallError } from '../errors.ts'

/**
 * Makes the error for a body that cannot be sent.
 *
 * @param field dotted: `amount.total`
 */
export const invalidBody = (field: string, why: string, cause?: unknown): CallError =>
  new CallError('BODY_INVALID', field, why, cause)
