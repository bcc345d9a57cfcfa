/** What the model expects of the product beyond what every branch has. Turn one on where its part is merged. */
export const SWITCHES = {
  /** At most 100 of a referrer's bonuses become payable in 24 hours; the others wait as `rate_limited`. */
  claimLimit: true,
  /** `auto` codes one a user, custom codes 10 an hour a user; whatever order they arrive in, the report tells who lost. */
  codeCreationLimits: true,
  /** Look-ups of codes 20 a minute an address. */
  validationLimits: true,
  /** Accepted calls have their rows in `referrals.rate_limits`, and the clean-up job removes those that are over. */
  rateLimitRows: true,
  /** The referee's own bonus never waits for a claim, even where the engine's clock is behind the event. */
  refereesNeverWait: true,
  /** What served its 48 hours in the medium band and then waited for its claim is paid when that time comes. */
  servedClaimsArePaid: true,
  /** A stage that was reached stays so when facts are imported at an earlier reading of the engine's clock. */
  stagesOutliveTheClock: true,
} as const;
