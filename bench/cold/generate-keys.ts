// Measures the floor of a simulator's start in a fresh process: the keys of both sides, generated at the same time.
import { measureStep } from './measure-step.ts'

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
}
const generate = () => crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])
const { result: _, ...keys } = await measureStep(() => Promise.all([generate(), generate()]))
console.log(JSON.stringify({ keys }))
