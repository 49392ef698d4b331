import type { Bytes } from '../bytes.ts'
import {
  type Answer,
  MalformedAnswerError,
  MalformedError,
  type SignatureCode,
  SignatureError,
  TransportError,
} from '../errors.ts'
import { type Call, mayTakeEffect } from './call.ts'

/** @throws {TransportError} `RESPONSE_CUT_SHORT` */
export async function readBytes(response: Response, call: Call): Promise<Bytes> {
  try {
    return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw new TransportError(
      'RESPONSE_CUT_SHORT',
      `The answer (HTTP ${response.status}) broke off.`,
      mayTakeEffect(call),
      { cause },
    )
  }
}

const lenient = new TextDecoder()

/** The answer for an error to carry: whatever the bytes are, they become text. */
export const answerOf = ({ status, headers }: Response, bytes: Bytes): Answer => ({
  status,
  headers,
  body: lenient.decode(bytes),
})

/** The error for an answer that is not proven. */
export const refusal = (
  code: SignatureCode,
  why: string,
  response: Response,
  bytes: Bytes,
  call: Call,
  options?: ErrorOptions,
): SignatureError =>
  new SignatureError(
    code,
    `The answer (HTTP ${response.status}) is not proven to be WeChat Pay's: ${why}`,
    answerOf(response, bytes),
    mayTakeEffect(call),
    options,
  )

/** Reads a verified text. @throws {MalformedAnswerError} */
export function parseAnswer<T>(parse: (text: string) => T, response: Response, bytes: Bytes, call: Call): T {
  const answer = answerOf(response, bytes)
  try {
    return parse(answer.body)
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new MalformedAnswerError(
      cause.code,
      `The answer (HTTP ${response.status}) cannot be read. ${cause.message}`,
      answer,
      mayTakeEffect(call),
      { cause },
    )
  }
}

export const requestIdOf = ({ headers }: Response): string | undefined => headers.get('request-id') ?? undefined
