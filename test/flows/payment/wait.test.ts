import { expect, it } from 'vitest'
import { wait, waitOrAbort } from '../../../src/flows/payment/wait.ts'

const LONG = 2 ** 31 - 1

it('a wait is over after its time', async () => {
  await expect(wait(0)).resolves.toBeUndefined()
  await expect(wait(0, new AbortController().signal)).resolves.toBeUndefined()
})

it('a wait is over when its signal is aborted, before or meanwhile', async () => {
  await expect(wait(LONG, AbortSignal.abort())).resolves.toBeUndefined()
  const controller = new AbortController()
  const waiting = wait(LONG, controller.signal)
  controller.abort()
  await expect(waiting).resolves.toBeUndefined()
})

it('a wait of the caller’s may reject when its signal is aborted, and else not', async () => {
  const failing = () => Promise.reject(new Error('no timer'))
  await expect(waitOrAbort(failing, 1, AbortSignal.abort())).resolves.toBeUndefined()
  await expect(waitOrAbort(failing, 1)).rejects.toThrow('no timer')
})
