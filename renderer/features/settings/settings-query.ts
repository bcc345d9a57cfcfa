/** Key of what is known of the copies on this computer. */
export const SETTINGS = ['cache settings'] as const;
