/** Needed beside the cookie: no other site's page can send it. */
export const CSRF = { "torana-csrf": "1" };
