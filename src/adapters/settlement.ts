/** How to settle the promise of a response. */
export interface Settlement {
  readonly resolve: (response: Response) => void
  readonly reject: (error: unknown) => void
}

/**
 * Settles a promise once, and then refers to it no more: the functions of a promise refer to the response, which the connection that
 * calls them must not keep from being collected.
 */
export function settleOnce(settlement: Settlement): Settlement {
  let pending: Settlement | undefined = settlement
  return {
    resolve(response) {
      pending?.resolve(response)
      pending = undefined
    },
    reject(error) {
      pending?.reject(error)
      pending = undefined
    },
  }
}
