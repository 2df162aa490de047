// What the page keeps in the browser. Where that keeps nothing, as with all cookies blocked, a choice holds until the page is
// loaded anew.

/** The text of a key; null for none. */
export function readKept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return null;
  }
}

export function keep(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
