/**
 * SQL: how often the circuit of a delivery's endpoint has opened; 0 if it is closed. One lookup for each delivery, because a join might
 * read all circuits.
 */
export const CIRCUIT_OPENS: string = `coalesce((
  select opens from circuit where circuit.mchid = delivery.mchid and circuit.endpoint = delivery.endpoint), 0)`

/** SQL condition: no attempt to reach a delivery's endpoint has failed since the last response. */
export const HAS_NO_CIRCUIT: string = `(
  select failures from circuit where circuit.mchid = delivery.mchid and circuit.endpoint = delivery.endpoint) is null`
