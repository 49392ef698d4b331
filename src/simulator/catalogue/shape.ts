/** Shape of a value, made from a schema of the definitions. */
export interface Shape {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'any'
  /** Members of an object. In a name such as `coupon_id_#`, a number replaces each `#`. */
  readonly fields?: readonly Field[]
  /** Shape of the members of a list. */
  readonly items?: Shape
  /** Alternative shapes. */
  readonly anyOf?: readonly Shape[]
  /** Shape of the JSON in a text. */
  readonly json?: Shape
  /** Shape of the `application/x-www-form-urlencoded` in a text. */
  readonly form?: Shape
  readonly enum?: readonly (string | number)[]
  /** Characters of a text. */
  readonly minLength?: number
  readonly maxLength?: number
  readonly format?: 'date-time' | 'date' | 'uri' | 'uint64' | 'binary'
  /** Whether a request may deviate from the format, because only one source states it. */
  readonly lenient?: true
  /** Key with which the value is encrypted for its recipient. */
  readonly encrypted?: 'rsa' | 'rsa-bank'
  /** Set by a route's rules only. */
  readonly pattern?: RegExp
  /** Set by a route's rules only. */
  readonly minimum?: number
}

/** A named value: a parameter of the URL, a header, a member of a message. */
export interface Field {
  readonly name: string
  /** Official short name, which the service's messages contain. */
  readonly label: string
  readonly shape: Shape
  readonly required: boolean
}
