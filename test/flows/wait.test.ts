import { expect, it } from 'vitest'
import { waitOrAbort, waitWithTimer } from '../../src/flows/wait.ts'

const LONG = 2 ** 31 - 1

it('a wait is over after its time', async () => {
  await expect(waitWithTimer(0)).resolves.toBeUndefined()
  await expect(waitWithTimer(0, new AbortController().signal)).resolves.toBeUndefined()
})

it('a wait ends with its signal, before or meanwhile, and rejects with its reason', async () => {
  await expect(waitWithTimer(LONG, AbortSignal.abort('gone'))).rejects.toBe('gone')
  const controller = new AbortController()
  const waiting = waitWithTimer(LONG, controller.signal)
  controller.abort('gone')
  await expect(waiting).rejects.toBe('gone')
})

it('the end of the signal is the end of the waiting, for who wants no more of it', async () => {
  await expect(waitOrAbort(waitWithTimer, LONG, AbortSignal.abort())).resolves.toBeUndefined()
})

it('a wait of the caller’s may reject when its signal is aborted, and else not', async () => {
  const failing = () => Promise.reject(new Error('no timer'))
  await expect(waitOrAbort(failing, 1, AbortSignal.abort())).resolves.toBeUndefined()
  await expect(waitOrAbort(failing, 1)).rejects.toThrow('no timer')
})
