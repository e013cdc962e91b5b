/** What is done with a key. */

export type KeyDoing = "open" | "edit" | "switch" | "delete";
