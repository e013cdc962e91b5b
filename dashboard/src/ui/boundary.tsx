/** A bug in one page leaves the rest standing. */

import { Component, type ReactNode } from "react";
import { Problem } from "@/ui/problem";

export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <div className="p-6">
        <Problem error={this.state.error} onRetry={() => window.location.reload()} />
      </div>
    );
  }
}
