import type { SimulatorContext } from '../context.ts'
import type { SimulatedResponse } from '../http/response.ts'
import { errorResponse } from './error-response.ts'
import type { Faults, FaultTarget } from './faults.ts'
import { ConnectionCut, cutResponse, delay } from './response.ts'
import type { FaultKind, FaultRule, Stage } from './rule.ts'
import { corruptSignature, isSigned } from './signature.ts'

/** The fault rules applied to one request. */
export interface FaultRun {
  /** Kinds of the faults applied so far. */
  readonly kinds: readonly FaultKind[]
  /** Responds by `handle`, unless a fault prevents it. Status 0 means that there is no response. */
  run(handle: () => Promise<SimulatedResponse>): Promise<SimulatedResponse>
  /**
   * Converts the response, with the faults that concern its transport.
   *
   * @throws {ConnectionCut}
   */
  respond(answer: SimulatedResponse, headers: Readonly<Record<string, string>>): Promise<Response>
}

const NOTHING: SimulatedResponse = { status: 0, headers: {} }

export function createFaultRun(
  request: Request,
  struck: FaultTarget,
  faults: Faults,
  context: SimulatorContext,
): FaultRun {
  const kinds: FaultKind[] = []
  function* strike(stage: Stage, applies?: (rule: FaultRule) => boolean): Iterable<FaultRule> {
    for (const rule of faults.applicableRules(stage, struck, applies)) {
      kinds.push(rule.kind)
      yield rule
    }
  }
  let late = 0

  const decide = async (handle: () => Promise<SimulatedResponse>): Promise<SimulatedResponse> => {
    for (const rule of strike('request')) {
      if (rule.kind === 'rotate') await context.platform.rotate()
      if (rule.kind === 'cut-connection') return NOTHING
      if (rule.kind === 'status') return errorResponse(rule.status, struck.api, request, context)
    }
    return handle()
  }
  return {
    kinds,
    async run(handle) {
      let answer = await decide(handle)
      if (answer === NOTHING) return answer
      for (const rule of strike('signature', () => isSigned(answer)))
        answer = await corruptSignature(rule, answer, context)
      const hasBody = (answer.body?.length ?? 0) > 0
      for (const rule of strike('answer', ({ kind }) => kind !== 'cut-body' || hasBody))
        if (rule.kind === 'delay') late += rule.ms
      return answer
    },
    async respond(answer, headers) {
      if (late > 0) await delay(late, request.signal)
      if (answer === NOTHING || kinds.includes('lost-response')) throw new ConnectionCut()
      if (kinds.includes('cut-body')) return cutResponse(answer, headers)
      return new Response(answer.body ?? null, { status: answer.status, headers })
    },
  }
}
