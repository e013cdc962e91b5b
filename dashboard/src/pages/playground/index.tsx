/** Several models side by side: one question to all, answers as they come, and what each cost. */

import { useSearchParams } from "react-router";
import { useMay, useSession } from "@/api/session";
import { BenchPage } from "@/pages/playground/bench-page";
import { Opening } from "@/pages/playground/opening";
import { Empty } from "@/ui/empty";
import { LinkButton } from "@/ui/link-button";
import { Page } from "@/ui/page";

export default function Playground() {
  const may = useMay();
  const [query] = useSearchParams();
  const replay = query.get("replay");
  if (!may("edit")) return <OnlyLooking />;
  return replay ? <Opening place={replay} /> : <BenchPage />;
}

function OnlyLooking() {
  const { role } = useSession().user;
  return (
    <Page title="Playground" about="Ask several models the same thing, and see what each answer costs.">
      <Empty
        title="You may look, and not send"
        about={
          <>
            Requests of the playground cost what they cost, so they need the role editor; yours is {role}. An owner can
            give it to you on the page Users. Logs of what others sent, and all models, are open to you.
          </>
        }
        action={<LinkButton to="/models">See the models</LinkButton>}
      />
    </Page>
  );
}
