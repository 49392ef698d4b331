/** A response before it becomes a `Response`. */
export interface SimulatedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Absent for a response without a body, such as a 204. */
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined
  /** The error's code, for the journal. */
  readonly code?: string | undefined
}

/** A refusal by the nginx in front of both APIs, before either API reads the message. */
export class NginxRefusal extends Error {
  override readonly name: string = 'NginxRefusal'
  readonly response: SimulatedResponse

  constructor(status: number, title: string, line?: string) {
    super(line ?? title)
    this.response = nginxResponse(status, title, line)
  }
}

/** Creates an error page of nginx. */
export const nginxResponse = (status: number, title: string, line = ''): SimulatedResponse => ({
  status,
  headers: { 'Content-Type': 'text/html' },
  body: [
    `<html>\r\n<head><title>${status} ${line || title}</title></head>\r\n<body>`,
    `<center><h1>${status} ${title}</h1></center>`,
    ...(line && [`<center>${line}</center>`]),
    '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
  ].join('\r\n'),
  code: String(status),
})
