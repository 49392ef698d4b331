import { Rejection } from '../../../src/simulator/accounts/rejection.ts'

/** Returns whether the simulated WeChat Pay accepts. */
export function isAccepted(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (error instanceof Rejection) return false
    throw error
  }
}
