/** Rows of an answer with figures, at most: the server's own bound. */
export const MOST_ROWS = 10_000;
