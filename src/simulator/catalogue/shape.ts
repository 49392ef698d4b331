/** What a value may be: a schema of the definitions, as the simulator has it. */
export interface Shape {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'any'
  /** Of an object. Those of a family are named `coupon_id_#`: a number stands for each `#`. */
  readonly fields?: readonly Field[]
  /** Of a list. */
  readonly items?: Shape
  /** It fits one of these. */
  readonly anyOf?: readonly Shape[]
  /** Of text that holds JSON. */
  readonly json?: Shape
  /** Of text that holds `application/x-www-form-urlencoded`. */
  readonly form?: Shape
  readonly enum?: readonly (string | number)[]
  readonly maxLength?: number
  readonly format?: 'date-time' | 'uint64' | 'binary'
  /** Sealed for whoever gets it, and with which key. */
  readonly encrypted?: 'rsa' | 'rsa-bank'
  /** From a route's rules; the definitions have neither. */
  readonly pattern?: RegExp
  readonly minimum?: number
}

/** A named value: a parameter of the URL, a header, a member of a message. */
export interface Field {
  readonly name: string
  /** The official short name, which the service's messages cite. */
  readonly label: string
  readonly shape: Shape
  readonly required: boolean
}
