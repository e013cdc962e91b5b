import { Button } from "@cloudflare/kumo/components/button";
import { ago, day, moment } from "@/lib/format";
import { labelOf, type Token } from "@/pages/tokens/permissions";
import { Badge } from "@/ui/badge";
import { Empty } from "@/ui/empty";
import { type Column, Table } from "@/ui/table";

interface TokenTableProps {
  tokens: Token[] | undefined;
  mayEdit: boolean;
  onRevoke: (token: Token) => void;
  onCreate: () => void;
}

const COLUMNS: Column<Token>[] = [
  {
    key: "name",
    label: "Token",
    by: (token) => token.name,
    cell: (token) => (
      <div className="min-w-40">
        <span className="font-medium">{token.name}</span>{" "}
        {token.status === "expired" && <Badge tone="bad">expired</Badge>}
        <div className="font-mono text-xs text-kumo-subtle">torana_…{token.preview}</div>
      </div>
    ),
  },
  {
    key: "permissions",
    label: "May",
    cell: (token) => (
      <span className="flex flex-wrap gap-1">
        {token.permissions.map((name) => (
          <Badge key={name} tone={name === "edit" ? "warn" : "plain"}>
            {labelOf(name)}
          </Badge>
        ))}
      </span>
    ),
  },
  {
    key: "gateways",
    label: "Gateways",
    cell: (token) =>
      token.gateways === null ? (
        <span className="whitespace-nowrap">all, and the account</span>
      ) : (
        <span className="block max-w-64 min-w-28 truncate" title={token.gateways.join(", ")}>
          {token.gateways.join(", ")}
        </span>
      ),
  },
  {
    key: "expires",
    label: "Expires",
    by: (token) => token.expires_on,
    className: "whitespace-nowrap",
    cell: (token) =>
      token.expires_on ? <span title={moment(token.expires_on)}>{day(token.expires_on)}</span> : "never",
  },
  {
    key: "used",
    label: "Last used",
    by: (token) => token.last_used_on,
    className: "whitespace-nowrap",
    cell: (token) =>
      token.last_used_on ? (
        <span title={`${moment(token.last_used_on)}, to the hour`}>{ago(token.last_used_on)}</span>
      ) : (
        "never"
      ),
  },
  {
    key: "issued",
    label: "Made",
    by: (token) => token.issued_on,
    className: "whitespace-nowrap",
    cell: (token) => <span title={moment(token.issued_on)}>{day(token.issued_on)}</span>,
  },
];

export function TokenTable({ tokens, mayEdit, onRevoke, onCreate }: TokenTableProps) {
  const actions: Column<Token> = {
    key: "actions",
    label: "",
    isNumber: true,
    cell: (token) => (
      <Button size="sm" variant="ghost" aria-label={`Revoke ${token.name}`} onClick={() => onRevoke(token)}>
        Revoke…
      </Button>
    ),
  };
  return (
    <Table
      label="API tokens"
      columns={mayEdit ? [...COLUMNS, actions] : COLUMNS}
      rows={tokens}
      keyOf={(token) => token.id}
      empty={
        <Empty
          title="No token yet"
          about={
            <>
              A program sends its token as <code>Authorization: Bearer torana_…</code> to manage this server, and as{" "}
              <code>cf-aig-authorization</code> to a gateway that asks who is there.
            </>
          }
          action={
            mayEdit && (
              <Button variant="primary" onClick={onCreate}>
                Create a token
              </Button>
            )
          }
        />
      }
    />
  );
}
