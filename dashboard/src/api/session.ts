/** Who is signed in. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { send } from "@/api/http";

export type Role = "owner" | "editor" | "viewer";

export interface User {
  id: string;
  name: string;
  display_name: string | null;
  email: string | null;
  role: Role;
  source: "password" | "oidc" | "link";
}

export interface Session {
  user: User;
  account_id: string;
  gateway_id: string;
  url: string;
  version: string;
  expires_at: string;
  /** The server has no user yet: who came by a link should make one. */
  needs_user: boolean;
}

export interface SignInOptions {
  has_users: boolean;
  oidc: { name: string } | null;
}

interface Envelope<T> {
  result: T;
}

export const SESSION_PATH = "/client/v4/session";
export const SESSION_KEY = ["session"];

export const getSession = async () => (await send<Envelope<Session>>("GET", SESSION_PATH)).result;
export const getOptions = async () => (await send<Envelope<SignInOptions>>("GET", `${SESSION_PATH}/options`)).result;
export const signIn = async (name: string, password: string) =>
  (await send<Envelope<Session>>("POST", SESSION_PATH, { name, password })).result;
export const signInByLink = async (secret: string) =>
  (await send<Envelope<Session>>("POST", `${SESSION_PATH}/link`, { secret })).result;
export const signOut = async () => {
  await send("DELETE", SESSION_PATH);
  kept = null;
};
/** `old` may be left out by who came by a link within the last hour. */
export const changePassword = (old: string, new_: string) =>
  send("PUT", `${SESSION_PATH}/password`, { ...(old && { old }), new: new_ });

export interface RunToken {
  token: string;
  expires_at: string;
}

let kept: Promise<RunToken> | null = null;
const SPARE_MS = 60_000;
/** Workers take a new token within a second; a request before would be one of a stranger, without stored keys. */
const SETTLES_MS = 1_200;

/** A short-lived token for the gateway's own paths, held in memory alone. Who asks at once gets the same one. */
export async function runToken(): Promise<string> {
  const before = kept;
  const held = await before?.catch(() => null);
  const isGood = held && new Date(held.expires_at).getTime() - SPARE_MS > Date.now();
  if (kept === before && !isGood) kept = null;
  kept ??= makeRunToken();
  return (await kept).token;
}

async function makeRunToken(): Promise<RunToken> {
  const made = (await send<Envelope<RunToken>>("POST", `${SESSION_PATH}/run_token`)).result;
  await new Promise((settled) => setTimeout(settled, SETTLES_MS));
  return made;
}

export const sessionQuery = queryOptions({
  queryKey: SESSION_KEY,
  queryFn: getSession,
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
});
export const useSessionQuery = () => useQuery(sessionQuery);

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("this is shown to who is signed in alone");
  return session;
}

/** `edit`: change anything of gateways, keys and the account; `own`: users too. */
export function useMay(): (what: "edit" | "own") => boolean {
  const { role } = useSession().user;
  return (what) => role === "owner" || (what === "edit" && role === "editor");
}
