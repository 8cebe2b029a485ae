/** The date at which every simulated world begins, in milliseconds since 1970, UTC. */
export const beginsAtMs = Date.UTC(2026, 0, 1);
