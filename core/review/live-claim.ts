/** Whether a claim `c` holds: a lease by the server's own clock, whatever clock a command was given. */
export const IS_LIVE = `c.expires_at > statement_timestamp()`;
