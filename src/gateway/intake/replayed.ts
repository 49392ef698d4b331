import { Refusal } from '../problem.ts'

/** A sending that was seen before: WeChat Pay signs each anew, so that whoever sent this one has a copy. */
export const replayed = (): Refusal =>
  new Refusal({ status: 401, code: 'REPLAYED', detail: 'The very same sending was taken before.' })
