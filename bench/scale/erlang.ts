/**
 * Returns the share of arrivals that find all servers busy (Erlang C), for random arrivals and exponential service times.
 *
 * @param load arrivals per time × mean service time, below `servers`
 * @see https://en.wikipedia.org/wiki/M/M/c_queue
 */
export function erlangC(servers: number, load: number): number {
  if (load >= servers) return 1
  // Erlang B by its recurrence, which does not overflow as the factorials do.
  let blocked = 1
  for (let count = 1; count <= servers; count++) blocked = (load * blocked) / (count + load * blocked)
  return (servers * blocked) / (servers - load * (1 - blocked))
}

/** Returns the mean time that an arrival waits, in the unit of `service`; Infinity if the servers do not keep up. */
export function meanWait(servers: number, arrivals: number, service: number): number {
  const load = arrivals * service
  if (load >= servers) return Number.POSITIVE_INFINITY
  return (erlangC(servers, load) * service) / (servers - load)
}

/** Returns the smallest number of servers whose use stays at or below a share, and whose mean wait at or below a limit. */
export function serversFor(
  arrivals: number,
  service: number,
  { maxUse, maxWait }: { maxUse: number; maxWait: number },
): number {
  let servers = Math.max(1, Math.ceil((arrivals * service) / maxUse))
  while (meanWait(servers, arrivals, service) > maxWait) servers++
  return servers
}
