/** What can be done with one row of a table. */

import { Button } from "@cloudflare/kumo/components/button";
import { DropdownMenu } from "@cloudflare/kumo/components/dropdown";
import { DotsThreeIcon } from "@phosphor-icons/react/DotsThree";

export interface RowAction {
  label: string;
  run: () => void;
  isDangerous?: boolean;
}

/** `of` names the row, for who does not see it. */
export function RowMenu({ of, actions }: { of: string; actions: RowAction[] }) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the row below has a click of its own
    <span onClick={(event) => event.stopPropagation()}>
      <DropdownMenu>
        <DropdownMenu.Trigger
          render={
            <Button
              variant="ghost"
              size="sm"
              shape="square"
              aria-label={`Actions for ${of}`}
              icon={<DotsThreeIcon size={18} weight="bold" />}
            />
          }
        />
        <DropdownMenu.Content>
          {actions.map((action) => (
            <DropdownMenu.Item
              key={action.label}
              onClick={action.run}
              variant={action.isDangerous ? "danger" : "default"}
            >
              {action.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu>
    </span>
  );
}
