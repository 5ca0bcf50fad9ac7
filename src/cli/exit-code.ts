/** What a command's end means to a shell; 0 is that it did its work and found nothing. */

/** Done, and something was found. */
export const EXIT_FINDINGS = 1;
/** Bad usage or bad input, told in one line on stderr. */
export const EXIT_BAD_INPUT = 2;
