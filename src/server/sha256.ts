import { hash } from 'node:crypto'
import type { Bytes } from '../core/base/bytes.ts'

/** Computes SHA-256 on this thread, lower-case hex. For short messages: WebCrypto needs more time to reach another thread and return. */
export const sha256 = (message: Bytes): string => hash('sha256', message, 'hex')
