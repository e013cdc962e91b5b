import { Link } from "react-router";
import { Empty } from "@/ui/empty";
import { Page } from "@/ui/page";

export default function NotFound() {
  return (
    <Page title="Not found">
      <Empty title="There is no such page" about="The address may be mistyped." action={<Link to="/">Overview</Link>} />
    </Page>
  );
}
