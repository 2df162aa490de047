import type { JSX } from "solid-js";

interface PanelProps {
  /** Its place in the grid of the page (styles.css). */
  readonly area: string;
  readonly title: string;
  /** Beside the title. */
  readonly tools?: JSX.Element;
  /** What it shows is not kept current now. */
  readonly isStale?: boolean;
  readonly children: JSX.Element;
}

/** A part of the page with its title: a landmark that a screen reader can go to. */
export function Panel(props: PanelProps): JSX.Element {
  return (
    <section
      class="panel"
      data-area={props.area}
      data-stale={props.isStale === true}
      style={{ "grid-area": props.area }}
      aria-label={props.title}
    >
      <header class="flex h-9 shrink-0 items-center justify-between gap-3 border-b border-line px-3">
        <h2 class="font-medium">{props.title}</h2>
        {props.tools}
      </header>
      {props.children}
    </section>
  );
}
