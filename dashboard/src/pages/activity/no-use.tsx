import { Link } from "react-router";
import { useMay, useSession } from "@/api/session";
import { Card } from "@/ui/card";
import { Code } from "@/ui/code";
import { Empty } from "@/ui/empty";

export function NoUse({ isFiltered }: { isFiltered: boolean }) {
  const { url } = useSession();
  const may = useMay();
  if (isFiltered) {
    return (
      <Card>
        <Empty title="This key was not used" about="Choose another key, or a longer span of time." />
      </Card>
    );
  }
  return (
    <Card>
      <Empty
        title="Nothing went through the router yet"
        about={
          <>
            One key of your making reaches every model that your providers' keys reach.{" "}
            {may("edit") ? <Link to="/keys?create=key">Create a key</Link> : "Have an editor create a key"}, then send a
            request; each day's spend, tokens and requests show up here.
          </>
        }
      />
      <div className="mx-auto max-w-3xl pb-4">
        <Code label="A first request through the router" text={curlOf(url)} />
      </div>
    </Card>
  );
}

const curlOf = (url: string) => `curl ${url}/api/v1/chat/completions \\
  --header 'content-type: application/json' \\
  --header 'authorization: Bearer sk-or-v1-…' \\
  --data '{"model": "local/smollm2-135m-instruct", "messages": [{"role": "user", "content": "What is a torana?"}]}'`;
