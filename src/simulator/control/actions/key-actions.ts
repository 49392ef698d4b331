import type { KeySwitchStage } from '../../keys/platform.ts'
import { type Action, get, oneOf, optional, post } from '../action.ts'

const STAGES: readonly KeySwitchStage[] = ['stopped', 'started', 'done']

/** Keys of WeChat Pay. */
export const keyActions: readonly Action[] = [
  post('/rotate', {}, 'Adds a platform certificate, which signs from now on.', async sim => ({
    serial: await sim.rotate(),
  })),
  get(
    '/key-switch',
    'Shows the progress of the switch from platform certificates to the public key.',
    sim => sim.keySwitch,
  ),
  post(
    '/key-switch',
    { stage: oneOf(...STAGES), share: optional({ kind: 'number' }) },
    'Moves that switch; once started, the public key signs this share of the notifications, 0 to 1.',
    (sim, { stage, share = sim.keySwitch.share }) => {
      sim.setKeySwitch({ stage, share })
      return sim.keySwitch
    },
  ),
]
