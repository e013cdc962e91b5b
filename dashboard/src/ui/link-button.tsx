/** A link within the dashboard that looks like a button. */

import { LinkButton as Look } from "@cloudflare/kumo/components/button";
import { type LinkComponentProps, LinkProvider } from "@cloudflare/kumo/utils";
import { forwardRef, type ReactNode } from "react";
import { Link } from "react-router";

/** The library's look alone has no colour for a primary one: that comes with its component. */
const Within = forwardRef<HTMLAnchorElement, LinkComponentProps>(({ to = "", href: _, ...props }, ref) => (
  <Link ref={ref} to={to} {...props} />
));

interface LinkButtonProps {
  to: string;
  variant?: "primary" | "secondary" | "ghost";
  size?: "sm" | "base";
  icon?: ReactNode;
  children: ReactNode;
}

export function LinkButton({ to, variant = "secondary", size = "base", icon, children }: LinkButtonProps) {
  return (
    <LinkProvider component={Within}>
      <Look href={to} variant={variant} size={size} icon={icon}>
        {children}
      </Look>
    </LinkProvider>
  );
}
