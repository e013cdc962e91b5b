/** Where a job's logs go. */

import { type Destination, emptyDestination, KINDS } from "@/pages/settings/logpush/job";
import { Pairs } from "@/pages/settings/own/pairs";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";

interface DestinationProps {
  destination: Destination;
  onChange: (destination: Destination) => void;
  problem: (name: string) => string | undefined;
}

export function DestinationFields({ destination, onChange, problem }: DestinationProps) {
  return (
    <div className="flex flex-col gap-3">
      <Choice
        label="To"
        isLabelled
        value={destination.type}
        options={KINDS}
        onChange={(kind) => onChange(emptyDestination(kind))}
        className="w-full"
      />
      {destination.type === "folder" && (
        <Entry
          label="Path below the server's logpush folder"
          isLabelled
          isMono
          value={destination.path}
          onChange={(path) => onChange({ ...destination, path })}
          placeholder="daily/default"
          error={problem("path")}
        />
      )}
      {destination.type === "http" && (
        <>
          <Entry
            label="Address"
            isLabelled
            value={destination.url}
            onChange={(url) => onChange({ ...destination, url: url.trim() })}
            placeholder="https://logs.example.com/torana"
            error={problem("url")}
          />
          <Pairs
            label="Headers"
            noun="header"
            about="Their values are sealed, and shown as … ever after; … keeps the one that is there."
            pairs={destination.headers}
            onChange={(headers) => onChange({ ...destination, headers })}
            isReadOnly={false}
          />
        </>
      )}
      {destination.type === "s3" && <BucketFields bucket={destination} onChange={onChange} problem={problem} />}
    </div>
  );
}

type Bucket = Extract<Destination, { type: "s3" }>;

const FIELDS: [Exclude<keyof Bucket, "type">, string, string][] = [
  ["bucket", "Bucket", "logs"],
  ["region", "Region", "eu-central-1"],
  ["access_key_id", "Access key id", "AKIA…"],
  ["secret_access_key", "Secret access key", "… keeps the one that is there"],
  ["session_token", "Session token", "where there is one"],
  ["prefix", "Prefix", "ai/torana"],
  ["endpoint", "Endpoint", "empty: Amazon's own"],
];

interface BucketProps {
  bucket: Bucket;
  onChange: (bucket: Bucket) => void;
  problem: (name: string) => string | undefined;
}

function BucketFields({ bucket, onChange, problem }: BucketProps) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {FIELDS.map(([name, label, placeholder]) => (
        <Entry
          key={name}
          label={label}
          isLabelled
          isMono={name.includes("key")}
          isSecret={name === "secret_access_key" || name === "session_token"}
          value={bucket[name]}
          onChange={(value) => onChange({ ...bucket, [name]: value.trim() })}
          placeholder={placeholder}
          error={problem(name)}
        />
      ))}
    </div>
  );
}
