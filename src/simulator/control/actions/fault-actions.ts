import type { FaultRule } from '../../fault/rule.ts'
import { type Action, get, post, remove, requireFound } from '../action.ts'

/** Faults on demand. */
export const faultActions: readonly Action[] = [
  get('/faults', 'Lists the fault rules, with the requests that each matched and hit.', sim => sim.faults.list()),
  post(
    '/faults',
    undefined,
    'Adds a fault rule: { kind, path, method, api, after, count, probability … }.',
    (sim, rule) => ({
      id: sim.faults.add(rule as FaultRule),
    }),
  ),
  remove('/faults', 'Removes all fault rules.', sim => sim.faults.clear()),
  remove('/faults/{id}', 'Removes a fault rule.', (sim, _, id) => {
    const rule = sim.faults.list().find(listed => listed.id === id)
    sim.faults.clear(requireFound(rule, 'fault rule', id).id)
  }),
]
