import { usableCredentials } from "@rialto/client";
import { createSignal, type JSX, Show } from "solid-js";
import { canSign } from "../session.ts";
import { useTerminal } from "./terminal.ts";

/** A button that asks for an API key to trade with. */
export function KeyDialog(): JSX.Element {
  const { linkHealth } = useTerminal();
  const [isOpen, setIsOpen] = createSignal(false);
  let dialog: HTMLDialogElement | undefined;
  const open = (): void => {
    setIsOpen(true);
    dialog?.showModal();
  };
  return (
    <>
      <Show when={linkHealth().refusal}>
        {(refusal) => (
          <span class="truncate text-down" role="alert" title={refusal()}>
            {refusal()}
          </span>
        )}
      </Show>
      <button
        type="button"
        class="rounded px-1.5 py-0.5 text-muted hover:bg-raised hover:text-text"
        onClick={open}
      >
        API key…
      </button>
      <dialog
        ref={(element) => (dialog = element)}
        class="m-auto w-96 max-w-[calc(100vw-2rem)] rounded-md border border-line bg-panel p-4 text-text backdrop:bg-black/50"
        aria-label="API key"
        onClose={() => setIsOpen(false)}
      >
        {/* What was typed and not used goes with it. */}
        <Show when={isOpen()}>
          <KeyForm onDone={() => dialog?.close()} />
        </Show>
      </dialog>
    </>
  );
}

const UNUSABLE =
  "Nothing can be signed with this secret. A PEM has to be the whole private key, Ed25519 in PKCS8, with its first and last line.";

function KeyForm(props: { readonly onDone: () => void }): JSX.Element {
  const { useCredentials } = useTerminal();
  const [key, setKey] = createSignal("");
  const [secret, setSecret] = createSignal("");
  const [problem, setProblem] = createSignal("");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const credentials = await usableCredentials(key().trim(), secret().trim());
    setProblem(credentials === undefined ? UNUSABLE : "");
    if (credentials === undefined) return;
    useCredentials(credentials);
    props.onDone();
  };
  return (
    <form class="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
      <h2 class="text-base font-semibold">Trade with an API key</h2>
      <KeyAdvice />
      <label class="flex flex-col gap-1">
        Key
        <input
          class="field px-2 py-1.5"
          autocomplete="off"
          required
          value={key()}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <label class="flex flex-col gap-1">
        Secret, or private key as PEM
        <textarea
          class="field h-24 px-2 py-1.5"
          autocomplete="off"
          spellcheck={false}
          required
          value={secret()}
          onInput={(event) => {
            setSecret(event.currentTarget.value);
            setProblem("");
          }}
        />
      </label>
      <p class="text-down empty:hidden" role="alert">
        {problem()}
      </p>
      <div class="flex justify-end gap-2">
        <button
          type="button"
          class="rounded px-3 py-1.5 hover:bg-raised"
          onClick={() => props.onDone()}
        >
          Cancel
        </button>
        <button
          type="submit"
          class="rounded bg-raised px-3 py-1.5 font-medium"
          disabled={!canSign()}
        >
          Use this key
        </button>
      </div>
    </form>
  );
}

function KeyAdvice(): JSX.Element {
  return (
    <>
      <p class="text-muted">
        Kept in the memory of this page only, and used to sign requests. Make one with{" "}
        <code>rialto keys new</code>.
      </p>
      <Show when={!canSign()}>
        <p class="text-notice" role="alert">
          Browsers sign only for pages opened over HTTPS or from the node's own machine.
        </p>
      </Show>
    </>
  );
}
