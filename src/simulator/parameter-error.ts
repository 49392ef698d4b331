/** A parameter that the simulator cannot accept. The control API tells it from a `TypeError` that is a mistake of the simulator. */
export class ParameterError extends TypeError {}

/** As {@link ParameterError}, for a value of the right kind that is out of range or names nothing. */
export class ParameterRangeError extends RangeError {}

export const isParameterError = (error: unknown): error is Error =>
  error instanceof ParameterError || error instanceof ParameterRangeError
