/**
 * Instead of an answer: the connection broke. A `TypeError`, as `fetch` rejects with when the network fails; a server
 * that serves the simulator closes the connection.
 */
export class ConnectionCut extends TypeError {
  constructor() {
    super('fetch failed', {
      cause: Object.assign(new Error('The simulator cut the connection.'), { code: 'ECONNRESET' }),
    })
  }
}
