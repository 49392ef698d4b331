import type { Scheduler } from '../clock/scheduler.ts'
import type { State, StateChange } from '../state/state.ts'
import type { Observers } from '../timeline/record.ts'
import type { Control } from './control.ts'
import { checkParameters } from './parameters.ts'

/** Reports why WeChat would not open the cashier, where that is the result of a check. */
async function reportProblem(result: unknown, report: (problem: unknown) => void): Promise<void> {
  // The caller has the same promise, and handles its refusal.
  const settled = await Promise.resolve(result).catch(() => undefined)
  const { problem } = Object(settled) as { problem?: unknown }
  if (problem !== undefined) report(problem)
}

const isGiven = (parameter: unknown): boolean => parameter !== undefined

/** Wraps each method so that it first checks its parameters and runs the work that is due, and reports what it changed. */
export function runDueWorkFirst(control: Control, scheduler: Scheduler, state: State, observers: Observers): Control {
  const methods = Object.entries(control as unknown as Record<string, (...parameters: unknown[]) => unknown>)
  const wrapped = methods.map(([name, method]) => [
    name,
    (...parameters: unknown[]) => {
      checkParameters(name, parameters)
      scheduler.run()
      const changes: StateChange[] = []
      const result = state.recordChanges(changes, () => method(...parameters))
      void reportProblem(result, problem =>
        observers.report({ kind: 'action', at: scheduler.now(), name, parameters: [...parameters, problem], changes }),
      )
      if (observers.present && changes.length > 0)
        observers.report({ kind: 'action', at: scheduler.now(), name, parameters: parameters.filter(isGiven), changes })
      return result
    },
  ])
  return Object.fromEntries(wrapped) as Control
}
