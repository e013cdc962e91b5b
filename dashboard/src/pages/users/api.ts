/** The users of this server, and what their roles mean. */

import { api, type Schemas } from "@/api/client";
import { type Role, useSession } from "@/api/session";

export type UserRow = Schemas["UserObject"];

const ABOUT: Record<Role, string> = {
  viewer: "Sees everything, what was asked and answered too, and changes nothing.",
  editor: "Sees and changes everything but users, and has the playground.",
  owner: "Does all that, and decides who else may do what.",
};

/** Each may do all that those before it may. */
export const ROLES: readonly Role[] = ["viewer", "editor", "owner"];
export const ROLE_OPTIONS = ROLES.map((role) => [role, `${role[0]?.toUpperCase()}${role.slice(1)}`] as const);
export const aboutRole = (role: Role): string => ABOUT[role];

export const shownName = (user: UserRow) => user.display_name || user.name;

export const PER_PAGE = 50;

export function useUsers(page: number) {
  const { account_id } = useSession();
  return api.useQuery("get", "/client/v4/accounts/{account_id}/users", {
    params: { path: { account_id }, query: { page, per_page: PER_PAGE } },
  });
}

/** For calls about one user. */
export function useUserPath(user: UserRow) {
  const { account_id } = useSession();
  return { params: { path: { account_id, user_id: user.id } } };
}
