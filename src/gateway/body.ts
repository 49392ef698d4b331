import { Refusal } from './problem.ts'

/**
 * A request whose body is within bounds: one that announces its length is as it stands, for its server holds it to that;
 * any other is counted as it is read.
 *
 * @param most bytes
 * @throws {Refusal} 413 `BODY_TOO_LARGE`, at once where the length is announced, else when it is read
 */
export function bounded(request: Request, most: number): Request {
  const announced = request.headers.get('content-length')
  if (announced !== null && !(Number(announced) <= most)) throw tooLarge(most)
  if (announced !== null || !request.body) return request
  return new Request(request, { body: request.body.pipeThrough(counter(most)), duplex: 'half' } as RequestInit)
}

/** Lets bytes pass, up to a bound. */
export function counter(most: number): TransformStream<Uint8Array, Uint8Array> {
  let length = 0
  return new TransformStream({
    transform(chunk, controller) {
      length += chunk.length
      if (length > most) controller.error(tooLarge(most))
      else controller.enqueue(chunk)
    },
  })
}

const tooLarge = (most: number): Refusal =>
  new Refusal({
    status: 413,
    code: 'BODY_TOO_LARGE',
    detail: `The body has more than ${most} bytes, the most that is taken here.`,
  })
