// In milliseconds.

/** How long a session of the model lives after its last use when its cookie does not say. */
export const ttl = 100_000

/** How long after its expiry a session is removed by pruning: documented by the store, and not taken from its source. */
export const gracePeriod = 60_000
