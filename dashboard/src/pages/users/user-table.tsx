import { useSession } from "@/api/session";
import { ago, day, moment, UNKNOWN } from "@/lib/format";
import { aboutRole, ROLES, shownName, type UserRow } from "@/pages/users/api";
import { Badge, type Tone } from "@/ui/badge";
import { Empty } from "@/ui/empty";
import { RowMenu } from "@/ui/row-menu";
import { type Column, Table } from "@/ui/table";

const TONES: Record<UserRow["role"], Tone> = { owner: "info", editor: "good", viewer: "plain" };
/** Who has no password yet comes in by a link of `torana dashboard`. */
function waysIn({ source, has_password }: UserRow): string {
  if (source === "oidc") return "OpenID Connect";
  return has_password ? "password" : "link alone";
}

interface UserTableProps {
  users: UserRow[] | undefined;
  onDo: (what: "edit" | "password" | "delete", user: UserRow) => void;
}

export function UserTable({ users, onDo }: UserTableProps) {
  const { user: self } = useSession();
  const columns: Column<UserRow>[] = [
    {
      key: "name",
      label: "User",
      by: (user) => shownName(user),
      cell: (user) => (
        <div className="min-w-40">
          <span className="font-medium">{shownName(user)}</span>{" "}
          {user.id === self.id && <Badge tone="plain">you</Badge>}
          <div className="text-xs text-kumo-subtle">
            {[shownName(user) === user.name ? "" : user.name, user.email].filter(Boolean).join(" · ")}
          </div>
        </div>
      ),
    },
    {
      key: "role",
      label: "Role",
      by: (user) => ROLES.indexOf(user.role),
      cell: (user) => (
        <Badge tone={TONES[user.role]} title={aboutRole(user.role)}>
          {user.role}
        </Badge>
      ),
    },
    { key: "source", label: "Signs in by", by: waysIn, cell: waysIn },
    {
      key: "last",
      label: "Last sign-in",
      by: (user) => user.last_login_at,
      className: "whitespace-nowrap",
      cell: (user) =>
        user.last_login_at ? <span title={moment(user.last_login_at)}>{ago(user.last_login_at)}</span> : "never",
    },
    {
      key: "created",
      label: "Since",
      by: (user) => user.created_at,
      className: "whitespace-nowrap",
      cell: (user) => (user.created_at ? day(user.created_at) : UNKNOWN),
    },
    {
      key: "actions",
      label: "",
      isNumber: true,
      cell: (user) => (
        <RowMenu
          of={shownName(user)}
          actions={[
            { label: "Change…", run: () => onDo("edit", user) },
            ...(user.source === "password"
              ? [{ label: "Give another password…", run: () => onDo("password", user) }]
              : []),
            { label: "Delete…", run: () => onDo("delete", user), isDangerous: true },
          ]}
        />
      ),
    },
  ];
  return (
    <Table
      label="Users"
      columns={columns}
      rows={users}
      keyOf={(user) => user.id}
      first={{ key: "name", isDescending: false }}
      empty={
        <Empty
          title="No user yet"
          about="You are here by a one-time link. Make yourself a user first: an owner, with a password."
        />
      }
    />
  );
}
