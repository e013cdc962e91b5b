import { Loader } from "@cloudflare/kumo/components/loader";

export function Loading({ isWholePage = false, label = "Loading" }: { isWholePage?: boolean; label?: string }) {
  return (
    <div role="status" className={`flex items-center justify-center ${isWholePage ? "h-full" : "min-h-64"}`}>
      <Loader size={24} />
      <span className="sr-only">{label}</span>
    </div>
  );
}

/** The place of something that is on its way, without a jump when it comes. */
export function Placeholder({ className = "h-4 w-24" }: { className?: string }) {
  return <span aria-hidden className={`inline-block animate-pulse rounded bg-kumo-fill ${className}`} />;
}
