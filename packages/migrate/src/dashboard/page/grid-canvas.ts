import type { PageTenant } from "./page-data.ts";
import { stateColors } from "./theme.ts";

/** What a grid needs to know to draw itself. */
export interface GridLook {
  /** Width and height of a cell with its gap, in CSS pixels. */
  readonly cell: number;
  readonly isMatch: (tenant: PageTenant) => boolean;
  /** From 0 to 1, how strong tenants under way are drawn. */
  readonly pulse: number;
}

/** The size of cells with which so many tenants fill a calm part of the page. */
export function cellSize(tenants: number, width: number): number {
  const size = Math.floor(Math.sqrt((width * 380) / Math.max(tenants, 1)));
  return Math.max(7, Math.min(26, size));
}

/** One canvas with a cell for each tenant. 10,000 of them take a few milliseconds to draw. */
export class GridCanvas {
  readonly element = document.createElement("canvas");
  tenants: readonly PageTenant[] = [];
  #columns = 1;
  #cell = 10;
  /** The cell that the keyboard stands on. */
  cursor: number | undefined;

  draw(tenants: readonly PageTenant[], width: number, look: GridLook): void {
    this.tenants = tenants;
    this.#cell = look.cell;
    this.#columns = Math.max(1, Math.floor(width / look.cell));
    const height = Math.ceil(tenants.length / this.#columns) * look.cell;
    const scale = devicePixelRatio;
    if (this.element.width !== Math.round(width * scale) || this.element.height !== Math.round(height * scale)) {
      this.element.width = Math.round(width * scale);
      this.element.height = Math.round(height * scale);
      this.element.style.height = `${height}px`;
    }
    const context = this.element.getContext("2d");
    if (context === null) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const gap = look.cell >= 14 ? 3 : look.cell >= 9 ? 2 : 1;
    const side = look.cell - gap;
    const colors = stateColors();
    for (const [place, tenant] of tenants.entries()) {
      const x = (place % this.#columns) * look.cell;
      const y = Math.floor(place / this.#columns) * look.cell;
      context.globalAlpha = look.isMatch(tenant) ? (tenant.state === "running" ? look.pulse : 1) : 0.13;
      context.fillStyle = colors[tenant.state];
      if (side >= 9) {
        context.beginPath();
        context.roundRect(x, y, side, side, side / 5);
        context.fill();
      } else context.fillRect(x, y, side, side);
      // A failure is told by more than its colour.
      if (tenant.state === "failed") cross(context, x, y, side, colors.mark);
      if (place === this.cursor && document.activeElement === this.element) {
        context.globalAlpha = 1;
        context.lineWidth = 2;
        context.strokeStyle = colors.focus;
        context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
      }
    }
    context.globalAlpha = 1;
  }

  /** The place of the tenant at a point of the canvas. */
  placeAt(x: number, y: number): number | undefined {
    const column = Math.floor(x / this.#cell);
    const place = Math.floor(y / this.#cell) * this.#columns + column;
    return column >= 0 && column < this.#columns && y >= 0 && place < this.tenants.length ? place : undefined;
  }

  /** Moves the cursor as a key says; whether it was such a key. */
  moveCursor(key: string): boolean {
    const last = this.tenants.length - 1;
    const from = Math.min(this.cursor ?? 0, last);
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      ArrowUp: from - this.#columns,
      ArrowDown: from + this.#columns,
      Home: 0,
      End: last,
      PageUp: from - this.#columns * 10,
      PageDown: from + this.#columns * 10,
    };
    const to = steps[key];
    if (to === undefined) return false;
    this.cursor = this.cursor === undefined ? from : Math.max(0, Math.min(last, to));
    return true;
  }

  /** Where the cursor's cell lies on the page. */
  cursorBox(): { readonly left: number; readonly top: number } {
    const box = this.element.getBoundingClientRect();
    const place = this.cursor ?? 0;
    return {
      left: box.left + (place % this.#columns) * this.#cell,
      top: box.top + Math.floor(place / this.#columns) * this.#cell,
    };
  }
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, side: number, color: string): void {
  if (side < 5) return;
  const inset = side * 0.3;
  context.strokeStyle = color;
  context.lineWidth = Math.max(1, side / 9);
  context.beginPath();
  context.moveTo(x + inset, y + inset);
  context.lineTo(x + side - inset, y + side - inset);
  context.moveTo(x + side - inset, y + inset);
  context.lineTo(x + inset, y + side - inset);
  context.stroke();
}
