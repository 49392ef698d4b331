import { ConfigurationError } from '../core/index.ts'

/**
 * Makes a `fetch` refuse plain HTTP. A client certificate belongs to TLS: over `http:` none would be presented, and the merchant would
 * learn that from a bare "400 No required SSL certificate was sent" only after the call was sent, readable to everybody on the way.
 *
 * @param mtlsFetch presents a client certificate
 * @returns rejects with a {@link ConfigurationError} `OPTION_INVALID`, `baseUrl`, before anything is sent
 */
export const httpsOnly =
  (mtlsFetch: typeof fetch): typeof fetch =>
  async (input, init) => {
    const { protocol, origin } = new URL(input instanceof Request ? input.url : input)
    if (protocol === 'https:') return mtlsFetch(input, init)
    throw new ConfigurationError(
      'OPTION_INVALID',
      'baseUrl',
      `${origin} is plain HTTP, which carries no client certificate (双向证书), and this call requires one. Give an https address; start the simulator with --tls`,
    )
  }
