import { Refusal } from '../problem.ts'

/** Creates the refusal of a body with more than `maxBytes`. */
export const tooLarge = (maxBytes: number): Refusal =>
  new Refusal({
    status: 413,
    code: 'BODY_TOO_LARGE',
    detail: `The body has more than ${maxBytes} bytes, the maximum for this request.`,
  })

/** Creates the refusal of a body that did not arrive within the deadline. */
export const tooSlow = (deadline: number): Refusal =>
  new Refusal({
    status: 408,
    code: 'BODY_TIMEOUT',
    detail: `The body did not arrive within ${deadline / 1000} seconds. Send it again.`,
    headers: { Connection: 'close' },
  })

/** Creates the refusal of a body whose client broke off. */
export const cutShort = (): Refusal =>
  new Refusal({
    status: 400,
    code: 'BODY_CUT_SHORT',
    detail: 'The body is incomplete. Send the request again.',
  })

/** Creates the refusal of a body in chunks of a few bytes, each of which costs a server as much as a large one. */
export const tinyChunks = (detail: string): Refusal =>
  new Refusal({ status: 400, code: 'TINY_CHUNKS', detail, mayHaveTakenEffect: false })
