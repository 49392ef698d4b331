import type { TimelineDetail } from '../../timeline/detail.ts'
import { streamTimeline } from '../../timeline/stream.ts'
import { type Action, type ActionContext, get, INTEGER, optional, post, requireFound, TEXT } from '../action.ts'
import { ControlError } from '../input.ts'

/** Actions on the simulator as a whole: its timeline, its clock, and its states. */
export const simulatorActions: readonly Action[] = [
  get(
    '/journal',
    'Lists the last 200 authenticated requests and the last 200 others: the signed text, the verdict on the signature, the response.',
    sim => sim.journal,
  ),
  {
    ...get(
      '/events',
      'Streams the timeline of requests, notifications and actions (server-sent events); resumes after the header Last-Event-ID, or after the parameter of that name.',
      (_sim, _input, _id, context) => openStream(context),
    ),
    query: { 'last-event-id': optional(TEXT) },
    responds: 'events',
  },
  {
    ...get(
      '/timeline/{id}',
      'Shows an entry of the timeline: headers, bodies, signed text, what explains an invalid signature, and the records that it changed.',
      async (_sim, _input, id, context) => requireFound(await findDetail(id, context), 'entry', id),
    ),
    query: { of: optional(TEXT) },
  },
  get(
    '/status',
    'Shows the simulated clock, the time of the next scheduled work, whether notifications are held, and the saved states.',
    sim => ({
      now: sim.now(),
      next: sim.nextAt(),
      holding: sim.notify.isHolding(),
      saved: sim.savedStates(),
    }),
  ),
  post(
    '/advance',
    { ms: INTEGER },
    'Moves the clock forward; responds once the work that became due is done.',
    async (sim, input) => {
      await sim.advance(input.ms)
      return { now: sim.now() }
    },
  ),
  post('/settle', {}, 'Responds once all work that is due is done and its notifications are delivered.', async sim => {
    await sim.settled()
    return { now: sim.now() }
  }),
  post(
    '/reset',
    {},
    'Returns to the state in which the simulator started: the same merchants and keys, those created since included, and no records since.',
    sim => sim.reset(),
  ),
  post('/save', { name: TEXT }, 'Saves the state under a name, in memory until the simulator stops.', (sim, input) =>
    sim.save(input.name),
  ),
  post('/restore', { name: TEXT }, 'Returns to the state that was saved under a name.', (sim, input) =>
    sim.restore(input.name),
  ),
]

/**
 * Returns the details of an entry. The parameter `of` names the timeline, because that of another start of the
 * simulator has the same ids.
 */
async function findDetail(id: string, { request, timeline }: ActionContext): Promise<TimelineDetail | undefined> {
  const name = new URL(request.url).searchParams.get('of') ?? timeline.name
  return name === timeline.name ? timeline.detail(Number(id)) : undefined
}

/** More than the tabs that somebody has open. */
const MAX_STREAMS = 64

/** @throws {ControlError} */
function openStream({ request, timeline, streams, signal }: ActionContext): Response {
  if (streams.size >= MAX_STREAMS)
    throw new ControlError(503, 'TOO_MANY_STREAMS', `${MAX_STREAMS} streams are open; close some pages of the console.`)
  const parameter = new URL(request.url).searchParams.get('last-event-id')
  const stream = {}
  streams.add(stream)
  const lastEventId = request.headers.get('last-event-id') ?? parameter
  return streamTimeline(timeline, lastEventId, { signal, onEnd: () => streams.delete(stream) })
}
