import { type Action, get } from '../action.ts'
import { ControlError } from '../input.ts'

/**
 * Gives the console the keys of the simulated merchant, so that its explorer can sign calls in the page. They open nothing but this
 * simulator, which obeys everybody who reaches it anyway. Still only its own page gets them: a browser adds `Sec-Fetch-Site` itself, no
 * script can, and a page of another site has another value there. So no tool logs or stores them by chance.
 */
export const credentialsAction: Action = get(
  '/credentials',
  "Gives the console the options of a client of the merchant, with its keys. Answers only the console's own page.",
  ({ merchant, brand, certificates, now, examples }, _input, _id, { request }) => {
    if (request.headers.get('sec-fetch-site') !== 'same-origin')
      throw new ControlError(
        403,
        'CONSOLE_ONLY',
        'Only the console gets the keys of the merchant. A program reads them from simulator.merchant, or from the folder that wechatpay-edge simulator writes.',
      )
    return { merchant, brand, certificates, now: now(), examples }
  },
)
