import type { World } from '../context.ts'
import type { Answer } from '../http/response.ts'
import { ConnectionCut } from './connection-cut.ts'
import { instead } from './error-response.ts'
import type { Faults, Struck } from './faults.ts'
import { cutResponse, delay } from './response.ts'
import type { FaultKind, FaultRule, Stage } from './rule.ts'
import { isSigned, spoil } from './signature.ts'

/** The faults that one request meets on its way. */
export interface Encounter {
  /** What has struck so far. */
  readonly kinds: readonly FaultKind[]
  /** Answers by `handle`, unless something stands before it. An answer of status 0 is none. */
  answer(handle: () => Promise<Answer>): Promise<Answer>
  /**
   * Gives the answer back, or what becomes of it.
   *
   * @throws {ConnectionCut}
   */
  respond(answer: Answer, headers: Readonly<Record<string, string>>): Promise<Response>
}

const NOTHING: Answer = { status: 0, headers: {} }

export function createEncounter(request: Request, struck: Struck, faults: Faults, world: World): Encounter {
  const kinds: FaultKind[] = []
  function* strike(stage: Stage, applies?: (rule: FaultRule) => boolean): Iterable<FaultRule> {
    for (const rule of faults.strike(stage, struck, applies)) {
      kinds.push(rule.kind)
      yield rule
    }
  }
  let late = 0

  const decide = async (handle: () => Promise<Answer>): Promise<Answer> => {
    for (const rule of strike('request')) {
      if (rule.kind === 'rotate') await world.platform.rotate()
      if (rule.kind === 'cut-connection') return NOTHING
      if (rule.kind === 'status') return instead(rule.status, struck.api, request, world)
    }
    return handle()
  }
  return {
    kinds,
    async answer(handle) {
      let answer = await decide(handle)
      if (answer === NOTHING) return answer
      for (const rule of strike('signature', () => isSigned(answer))) answer = await spoil(rule, answer, world)
      const hasBody = (answer.body?.length ?? 0) > 0
      for (const rule of strike('answer', ({ kind }) => kind !== 'cut-body' || hasBody))
        if (rule.kind === 'delay') late += rule.ms
      return answer
    },
    async respond(answer, headers) {
      if (late > 0) await delay(late, request.signal)
      if (answer === NOTHING || kinds.includes('lost-answer')) throw new ConnectionCut()
      if (kinds.includes('cut-body')) return cutResponse(answer, headers)
      return new Response(answer.body ?? null, { status: answer.status, headers })
    },
  }
}
