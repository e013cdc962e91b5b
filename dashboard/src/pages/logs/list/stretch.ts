/** A list that is longer than a browser can lay out (Firefox ends at 17.9 million pixels, Chromium at 33.5).
 *
 * The browser scrolls a shorter body. Small movements move the rows by just as much; a drag of the scroll bar maps the
 * bar's place to the list's, and from then on the rows are drawn `shift` pixels further up than they stand in the list.
 */

export const MOST_PX = 12_000_000;
/** Views: a movement that is longer is a drag of the scroll bar, or a leap to an end. */
const FAR = 4;
/** Views: so near an end of the shorter body that is not the list's, the bar is put where it belongs. */
const NEAR = 5;

export interface Place {
  /** Where the browser is. */
  physical: number;
  /** What is above the first row that is seen, in the list. */
  logical: number;
  /** `physical` is not where the browser is yet: it is to be sent there. */
  isMoved: boolean;
}

export class Stretch {
  /** Of the body that the browser scrolls. */
  readonly bodyPx: number;
  private readonly mostPhysical: number;
  private readonly mostLogical: number;

  constructor(
    listPx: number,
    private readonly viewPx: number,
    mostPx = MOST_PX,
  ) {
    this.bodyPx = Math.min(listPx, mostPx);
    this.mostPhysical = Math.max(this.bodyPx - viewPx, 0);
    this.mostLogical = Math.max(listPx - viewPx, 0);
  }

  private get isWhole(): boolean {
    return this.mostLogical <= this.mostPhysical;
  }

  /** The browser has scrolled to `physical`. */
  scrolled(before: Place, physical: number): Place {
    if (this.isWhole) return { physical, logical: physical, isMoved: false };
    const by = physical - before.physical;
    if (Math.abs(by) > FAR * this.viewPx) return { physical, logical: this.toLogical(physical), isMoved: false };
    const logical = clamp(before.logical + by, this.mostLogical);
    const fitting = this.isShort(physical, logical) ? this.toPhysical(logical) : physical;
    // Both ends are reached together: rounding must not leave some pixels that no scrolling shows.
    const reached = fitting <= 0 ? 0 : fitting >= this.mostPhysical ? this.mostLogical : logical;
    return { physical: fitting, logical: reached, isMoved: fitting !== physical };
  }

  /** Whether the browser's end comes before the list's. */
  private isShort(physical: number, logical: number): boolean {
    const near = NEAR * this.viewPx;
    const below = this.mostPhysical - physical;
    return (physical < near && logical > physical) || (below < near && this.mostLogical - logical > below);
  }

  /** To a place in the list. */
  sent(before: Place, logical: number): Place {
    const wanted = clamp(logical, this.mostLogical);
    if (this.isWhole) return { physical: wanted, logical: wanted, isMoved: wanted !== before.physical };
    const near = before.physical + wanted - before.logical;
    const isNear = Math.abs(wanted - before.logical) <= FAR * this.viewPx && !this.isShort(near, wanted);
    const physical = isNear ? near : this.toPhysical(wanted);
    return { physical, logical: wanted, isMoved: physical !== before.physical };
  }

  private toLogical(physical: number): number {
    return clamp((physical / this.mostPhysical) * this.mostLogical, this.mostLogical);
  }

  private toPhysical(logical: number): number {
    return Math.round((logical / this.mostLogical) * this.mostPhysical);
  }
}

const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);
